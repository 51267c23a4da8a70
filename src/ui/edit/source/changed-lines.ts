import { Chunk } from '@codemirror/merge';
import { type RangeSet, RangeSetBuilder, StateField, type Extension, type Text } from '@codemirror/state';
import { gutter, GutterMarker } from '@codemirror/view';

/** Beyond this many milliseconds a difference is left coarse: a keystroke must not wait for it. */
const DIFF = { scanLimit: 500, timeout: 40 };

type Kind = 'added' | 'edited' | 'removed';

class ChangeMark extends GutterMarker {
  readonly kind: Kind;

  constructor(kind: Kind) {
    super();
    this.kind = kind;
  }

  override eq(other: GutterMarker): boolean {
    return other instanceof ChangeMark && other.kind === this.kind;
  }

  override toDOM(): Node {
    const mark = document.createElement('div');
    mark.className = `cm-line-${this.kind}`;
    mark.title = { added: 'added', edited: 'changed', removed: 'lines were removed here' }[this.kind];
    return mark;
  }
}

const MARKS = { added: new ChangeMark('added'), edited: new ChangeMark('edited'), removed: new ChangeMark('removed') };

/** Marks the lines that are not as in `before`, in a gutter of their own. */
export function changedLines(before: Text): Extension {
  const chunks = StateField.define<readonly Chunk[]>({
    create: (state) => Chunk.build(before, state.doc, DIFF),
    update: (value, transaction) =>
      transaction.docChanged ? Chunk.updateB(value, before, transaction.newDoc, transaction.changes, DIFF) : value,
  });
  const side = gutter({
    class: 'cm-changed',
    markers: (view) => marks(view.state.field(chunks), view.state.doc),
  });
  return [chunks, side];
}

function marks(chunks: readonly Chunk[], doc: Text): RangeSet<GutterMarker> {
  const builder = new RangeSetBuilder<GutterMarker>();
  for (const chunk of chunks) {
    const first = Math.min(chunk.fromB, doc.length);
    if (chunk.fromB === chunk.toB) {
      const at = doc.lineAt(first).from;
      builder.add(at, at, MARKS.removed);
      continue;
    }
    const mark = chunk.fromA === chunk.toA ? MARKS.added : MARKS.edited;
    const end = Math.min(chunk.endB, doc.length);
    for (let line = doc.lineAt(first); line.from <= end; line = doc.line(line.number + 1)) {
      builder.add(line.from, line.from, mark);
      if (line.number === doc.lines) break;
    }
  }
  return builder.finish();
}
