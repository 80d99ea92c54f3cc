/**
 * YAML and JSON to a tree. The one file that knows the package `yaml`, which the build bundles into
 * it.
 *
 * A template may come from anywhere, so that depth and the number of values behind aliases have
 * limits.
 */
import {
  Composer,
  CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type ParsedNode,
} from 'yaml';
import type { Place } from '../project.ts';
import { type Entry, list, mapping, type Node } from './tree.ts';

/** The text is no template; the message says why. */
export class YamlError extends Error {
  override name = 'YamlError';
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

/** No template is nested deeper, and the parser needs stack for each level. */
const MAX_FLOW = 100;
const MAX_INDENT = 200;
const MAX_INDICATORS = 40;
const MAX_DEPTH = 400;
const MAX_NODES = 500_000;

/**
 * The tree of a YAML or JSON text, and what is wrong with it though it can be read.
 *
 * @throws {YamlError} for what cannot be read at all
 */
export function parseYaml(text: string, file: string): { root: Node; problems: YamlError[] } {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const start = { file, line: 1, column: 1 };
  const deep = tooDeep(text);
  if (deep !== undefined) throw new YamlError('this is nested too deep', { file, ...deep });

  const parser = new Parser(lines.addNewLine);
  Object.assign(parser, { lexer: lexer() });
  const composer = new Composer({
    schema: 'failsafe', // every scalar stays text: each property has its own type
    uniqueKeys: false, // its own check compares each key with each
    merge: true,
    logLevel: 'silent',
  });
  const [document, next] = composer.compose(parser.parse(text), true, text.length);
  const error = document?.errors.find(({ message }) => !message.startsWith(TOLERATED));
  if (error) throw new YamlError(sentence(error.message), place(error.pos[0]));
  if (next) throw new YamlError('a template is one document', place(next.range[0]));
  if (!document?.contents) throw new YamlError('the template is empty', start);
  const builder = new TreeBuilder(place);
  const root = builder.build(document.contents);
  return { root, problems: builder.problems };
}

const TOLERATED = 'Flow end indicator should be more indented';

/**
 * The package's lexer, but it accepts brackets that close further left than they open. YAML forbids
 * that; sam and CloudFormation take it, and 3 of 517 templates of aws-samples/serverless-patterns
 * have it.
 */
function lexer(): Lexer {
  const lexer = new Lexer();
  const internals = lexer as unknown as { indentNext: number; parseFlowCollection: () => object };
  const parse = internals.parseFlowCollection;
  internals.parseFlowCollection = () => {
    internals.indentNext = 0;
    return parse.call(internals);
  };
  return lexer;
}

/** The package's message, with characters in place of token names. */
function sentence(message: string): string {
  const plain = message
    .replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())
    .replace(/\b(?:flow-(?:map|seq)-(?:start|end)|comma)\b/, (token) => TOKENS[token] ?? token)
    .replace(' at node end', ' behind a value');
  return /^unexpected [{}[\],] /.test(plain)
    ? `${plain}; a text that holds one needs quotes`
    : plain;
}

const TOKENS: Readonly<Record<string, string>> = {
  'flow-map-start': '{',
  'flow-map-end': '}',
  'flow-seq-start': '[',
  'flow-seq-end': ']',
  comma: ',',
};

/** The place where a text is nested too deep for the parser, which recurses. */
function tooDeep(text: string): { line: number; column: number } | undefined {
  let [line, column, flow, indicators] = [1, 1, 0, 0];
  let isFirst = true;
  let isText = false;
  for (const token of lexer().lex(text)) {
    const type = isText ? 'scalar' : CST.tokenType(token);
    isText = token === CST.SCALAR;
    if (type === 'flow-map-start' || type === 'flow-seq-start') flow++;
    if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(flow - 1, 0);
    if (flow === 0 && (type === 'seq-item-ind' || type === 'explicit-key-ind')) indicators++;
    const isStructure = type !== 'space' && type !== 'newline' && type !== 'comment';
    const indent = isFirst && isStructure && flow === 0 ? column : 0;
    if (flow > MAX_FLOW || indicators > MAX_INDICATORS || indent > MAX_INDENT) {
      return { line, column };
    }
    if (isStructure) isFirst = false;
    const breaks = token.split('\n');
    if (breaks.length > 1) {
      line += breaks.length - 1;
      [column, indicators, isFirst] = [(breaks.at(-1) ?? '').length + 1, 0, true];
    } else if (!isText) {
      column += token.length;
    }
  }
  return undefined;
}

/** A value, how many it holds with itself, and how deep they go. */
interface Measured {
  node: Node;
  size: number;
  depth: number;
}

/** What has a place in the text. */
interface Ranged {
  range?: readonly number[] | null | undefined;
}

/** Builds the tree of one document, and collects what is wrong with it. */
class TreeBuilder {
  readonly problems: YamlError[] = [];
  readonly #place: (offset: number) => Place;
  readonly #anchors = new Map<string, Measured | 'open'>();

  constructor(place: (offset: number) => Place) {
    this.#place = place;
  }

  /** @throws {YamlError} for a tree that takes too much time or stack, or has no end */
  build(contents: ParsedNode): Node {
    return this.#visit(contents, this.#place(0)).node;
  }

  #placeOf({ range }: Ranged): Place {
    return this.#place(range?.[0] ?? 0);
  }

  #visit(node: unknown, from: Place): Measured {
    if (isAlias(node)) return this.#aliased(node.source, from);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const measured = expandTag(node, this.#visitUntagged(node, from));
    if (anchor !== undefined) this.#anchors.set(anchor, measured);
    return measured;
  }

  #aliased(name: string, from: Place): Measured {
    const target = this.#anchors.get(name);
    if (target === 'open')
      throw new YamlError(`*${name} stands for something that holds itself`, from);
    if (!target) throw new YamlError(`there is no &${name} before this`, from);
    return target;
  }

  #visitUntagged(node: unknown, from: Place): Measured {
    if (isMap(node)) {
      const { found, parts } = this.#readPairs(node.items, this.#placeOf(node));
      return measure(mapping(this.#placeOf(node), found), parts);
    }
    if (isSeq(node)) {
      const parts = node.items.map((item) => this.#visit(item, this.#placeOf(item as Ranged)));
      const items = parts.map((part) => part.node);
      return measure(list(this.#placeOf(node), items), parts);
    }
    if (!isScalar(node)) return measure({ kind: 'scalar', place: from, text: '', plain: true }, []);
    const text = typeof node.value === 'string' ? node.value : '';
    const plain = node.type === 'PLAIN';
    return measure({ kind: 'scalar', place: this.#placeOf(node), text, plain }, []);
  }

  #readPairs(
    items: readonly { key: unknown; value: unknown }[],
    from: Place,
  ): { found: Map<string, Entry>; parts: Measured[] } {
    const found = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    const parts: Measured[] = [];
    for (const { key, value } of items) {
      const at = isScalar(key) ? this.#placeOf(key) : from;
      if (!isScalar(key)) {
        this.problems.push(new YamlError('a key must be a plain text', at));
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : String(key.source ?? '');
      const part = this.#visit(value, at);
      parts.push(part);
      if (name === '<<') {
        for (const [inner, entry] of mergedEntries(part.node)) {
          if (!merged.has(inner)) merged.set(inner, entry);
        }
      }
      const first = found.get(name)?.place.line;
      if (first !== undefined) {
        this.problems.push(new YamlError(`${name} stands here twice, in line ${first} too`, at));
      }
      // The parser of sam takes the last one.
      if (name !== '<<') found.set(name, { place: at, value: part.node });
    }
    for (const [name, entry] of merged) if (!found.has(name)) found.set(name, entry);
    return { found, parts };
  }
}

/** @throws {YamlError} for more values, or more levels, than a template has */
function measure(node: Node, parts: readonly Measured[]): Measured {
  const size = parts.reduce((sum, part) => sum + part.size, 1);
  const depth = 1 + parts.reduce((most, part) => Math.max(most, part.depth), 0);
  if (size > MAX_NODES) {
    throw new YamlError(`aliases make more than ${MAX_NODES} values of this`, node.place);
  }
  if (depth > MAX_DEPTH) throw new YamlError('this is nested too deep', node.place);
  return { node, size, depth };
}

function mergedEntries(node: Node): [string, Entry][] {
  if (node.kind === 'map') return [...node.entries];
  return node.kind === 'list' ? node.items.flatMap(mergedEntries) : [];
}

/** Expands tags: `!Ref A` becomes `{ Ref: A }`. */
function expandTag(node: unknown, measured: Measured): Measured {
  const tag = isMap(node) || isSeq(node) || isScalar(node) ? node.tag : undefined;
  const name = /^!([A-Za-z0-9:]+)$/.exec(tag ?? '')?.[1];
  if (name === undefined) return measured;
  const { node: argument, size, depth } = measured;
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name.replace(/^Fn::/, '')}`;
  const { place } = argument;
  return {
    node: mapping(place, [[key, { place, value: argument }]]),
    size: size + 1,
    depth: depth + 1,
  };
}
