declare module "passage-words" {
  const built: {
    words: Record<string, Record<string, string | string[]>>;
    help: Record<string, Record<string, string>>;
  };
  export default built;
}
declare module "*.wasm" {
  const address: string;
  export default address;
}
