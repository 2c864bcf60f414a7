// What an app is to the directory.
import type { DerivedAttribute, Face, FaceSchema } from '../../layout/face.js';
import type { Layout } from '../../layout/layout.js';

/** How one app sees the directory. */
export interface AppShape {
  /** Local names, hidden attributes and the classes of groups. It has to keep people and groups apart where the face names both by one type. */
  readonly layout: Layout;
  /** Who is in the app, by canonical uid. The same for the same uid while a snapshot is built. */
  readonly members: (uid: string) => boolean;
  readonly face: Face;
  /** Attributes beside those of the face, and in place of them. */
  readonly derived: readonly DerivedAttribute[];
  /** Types that are not shown though rules see them; what the layout hides, they do not see. */
  readonly dropped: readonly string[];
  /** What the rules add to the schema. */
  readonly schema: FaceSchema;
}
