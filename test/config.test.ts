import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

describe('the settings', () => {
  it('all have a default', () =>
    expect(readConfig({})).toMatchObject({ HOST: 'localhost', PORT: 4000, DATA_DIR: 'data', ALLOWED_ORIGINS: [] }));

  it('count an empty variable as not set', () => expect(readConfig({ PORT: '', DATABASE_URL: '' }).PORT).toBe(4000));

  it('take proxies by address, by range and by name', () =>
    expect(
      readConfig({ TRUSTED_PROXIES: '10.0.0.1, 192.168.0.0/16,loopback , 2001:db8::/32' }).TRUSTED_PROXIES,
    ).toEqual([...['10.0.0.1', '192.168.0.0/16', 'loopback', '2001:db8::/32']]));

  it.each(['10.0.0.0/33', '10.0.0.1:80', 'proxy.example', '0.0.0.0/0', 'true'])('take %s for no proxy', (proxy) =>
    expect(() => readConfig({ TRUSTED_PROXIES: proxy })).toThrow(/^ {2}TRUSTED_PROXIES: must be addresses or ranges/m),
  );

  it('are refused all at once, by name and without their values', () => {
    const secret = 'mysql://root:s3cret@db/app';
    const read = () =>
      readConfig({
        PORT: '70000',
        DATABASE_URL: secret,
        LOG_LEVEL: 'loud',
        MASTER_KEY: 'short-s3cret',
        POLL_MS: 'soon',
      });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      /PORT: [\s\S]*DATABASE_URL: must look like postgresql:[\s\S]*MASTER_KEY: must be 32 bytes[\s\S]*/,
    );
    for (const name of ['LOG_LEVEL', 'POLL_MS']) expect(read).toThrow(new RegExp(`${name}: `));
    expect(read).not.toThrow(/s3cret/);
  });
});
