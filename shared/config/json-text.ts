const WHITE = /[\t\n\r ]*/y;
const TOKEN =
  /[[\]{}:,]|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})|[\u007f-\u009f])*"/uy;

/** What may stand next. */
type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | 'comma or close' | 'end';

/**
 * The value of a JSON text that a person wrote. A byte order mark, which some editors write, is passed over.
 *
 * @throws SyntaxError with the place alone, such as `line 3, column 7`: the parser's own message quotes the text, which may
 * be a secret, and often does not say where
 */
export function parseJsonText(text: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(json);
  } catch {
    throw new SyntaxError(placeOf(faultIn(json), json));
  }
}

function placeOf(index: number, text: string): string {
  const before = text.slice(0, index).split(/\r\n|\r|\n/);
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

/** The index of the first token that can't stand where it does; the text's length where it ends too early. */
function faultIn(text: string): number {
  const open: ('}' | ']')[] = [];
  let wanted: Wanted | undefined = 'value';
  let index = 0;
  for (;;) {
    WHITE.lastIndex = index;
    index += WHITE.exec(text)![0].length;
    TOKEN.lastIndex = index;
    const token = TOKEN.exec(text)?.[0];
    wanted = token === undefined ? undefined : after(token, wanted, open);
    if (token === undefined || wanted === undefined) return index;
    index += token.length;
  }
}

/** What may follow `token`; undefined where it can't stand. */
function after(token: string, wanted: Wanted, open: ('}' | ']')[]): Wanted | undefined {
  switch (wanted) {
    case 'value or ]':
    case 'value':
      if (token === ']' && wanted === 'value or ]') return closed(open);
      if (token === '{') return opened('}', open);
      if (token === '[') return opened(']', open);
      return ']}:,'.includes(token) ? undefined : valued(open);
    case 'name or }':
    case 'name':
      if (token === '}' && wanted === 'name or }') return closed(open);
      return token.startsWith('"') ? ':' : undefined;
    case ':':
      return token === ':' ? 'value' : undefined;
    case 'comma or close':
      if (token === ',') return open.at(-1) === '}' ? 'name' : 'value';
      return token === open.at(-1) ? closed(open) : undefined;
    case 'end':
      return undefined;
  }
}

function opened(close: '}' | ']', open: ('}' | ']')[]): Wanted {
  open.push(close);
  return close === '}' ? 'name or }' : 'value or ]';
}

function closed(open: ('}' | ']')[]): Wanted {
  open.pop();
  return valued(open);
}

function valued(open: readonly string[]): Wanted {
  return open.length > 0 ? 'comma or close' : 'end';
}
