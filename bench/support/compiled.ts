/** A module of Tidemark as it ships: the compiled one, which `npm run bench` makes before anything else. */
export const built = <Module>(path: string): Promise<Module> =>
  import(new URL(`../../dist/${path}.js`, import.meta.url).href) as Promise<Module>;
