// What the client exports under node and its types do not know.
import * as tus from "tus-js-client";

export const FileUrlStorage = (tus as unknown as { FileUrlStorage: new (path: string) => tus.UrlStorage }).FileUrlStorage;
