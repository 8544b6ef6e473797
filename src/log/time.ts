/** Microseconds since 1970 → ISO 8601 in UTC with six decimals: strings that sort as the times do. */
export function isoOfMicros(micros: bigint): string {
  const milliseconds = new Date(Number(micros / 1000n)).toISOString().slice(0, -1);
  return `${milliseconds}${String(micros % 1000n).padStart(3, '0')}Z`;
}
