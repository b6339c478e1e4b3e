/** What runs first in every executable, and starts the program that lies beside it as text. */

/** What a boot is told. */
export interface BootOptions {
  /** The program: an expression that is a function of `require`. */
  readonly source: string;
  /** What answers `-classad` and exits, likewise; an empty text for none. */
  readonly query: string;
  /** The name the process was started under, where the linker knows it. */
  readonly name?: string | undefined;
  /** The user's arguments. */
  readonly args: readonly string[];
}

/**
 * Starts a program. Its text goes into the executable, so it may refer to nothing outside itself.
 *
 * The program is evaluated as a script: given as a module, the runtime would first parse all of it
 * to look for imports. The modules of `node:` and `process` are loaded when something of theirs is
 * first used: the first one alone takes longer than all else here, and many runs need none.
 */
export function boot({ source, query, name, args }: BootOptions): void {
  Object.defineProperty(Deno, "args", { value: Object.freeze(args), enumerable: true });
  Object.defineProperty(globalThis, Symbol.for("pinion.name"), { value: name });

  type Module = Record<PropertyKey, unknown>;
  type Process = Module & { getBuiltinModule(id: string): Module };
  const { get: getProcess } = Object.getOwnPropertyDescriptor(globalThis, "process") ?? {};
  let found: Process | undefined;
  const runtime = (): Process => found ??= getProcess?.call(globalThis);
  // Packages ask for the platform as soon as they are loaded, and it is known without asking.
  const process = new Proxy({} as Module, {
    get: (_, key) => key === "platform" ? Deno.build.os : runtime()[key],
    set: (_, key, value) => Reflect.set(runtime(), key, value),
    has: (_, key) => key in runtime(),
  });
  Object.defineProperty(globalThis, "process", { value: process });

  const modules = new Map<string, Module>();
  const load = (id: string): Module => {
    let loaded: Module | undefined;
    const module = (): Module => loaded ??= runtime().getBuiltinModule(id);
    // Some modules are functions, so the stand-in must be one. It has one property that cannot be
    // hidden, `prototype`.
    const standIn = function () {};
    return new Proxy(standIn as never, {
      get: (_, key) => module()[key],
      has: (_, key) => key in module(),
      ownKeys: () => [...new Set([...Reflect.ownKeys(module()), "prototype"])],
      getOwnPropertyDescriptor: (_, key) => {
        if (key === "prototype") return Reflect.getOwnPropertyDescriptor(standIn, key);
        const found = Reflect.getOwnPropertyDescriptor(module(), key);
        return found && { ...found, configurable: true };
      },
      apply: (_, self, list) => Reflect.apply(module() as never, self, list),
      construct: (_, list, target) => Reflect.construct(module() as never, list, target),
    }) as never;
  };
  const require = (id: string): Module => {
    const module = modules.get(id) ?? load(id);
    modules.set(id, module);
    return module;
  };
  const asked = args.some((arg) => arg === "-classad" || arg === "--classad");
  if (query !== "" && asked) (0, eval)(query)(require);
  (0, eval)(source)(require);
}
