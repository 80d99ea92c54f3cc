/** Forms out of a body. Parsing them is the platform's own work, and so are `FormData` and `File`. */

type ResponseClass = new (body: Uint8Array, init: { headers: Record<string, string> }) => Response;

/** Where the platform's `Response` is: under its own name, unless somebody has put another there. */
let standardResponse = (): unknown => Response;

/** Says where it is now. */
export function findResponseBy(find: () => unknown): void {
  standardResponse = find;
}

/** @throws {TypeError} for what is no form */
export async function readForm(bytes: Uint8Array, contentType: string | null): Promise<FormData> {
  const Standard = (await standardResponse()) as ResponseClass;
  const headers: Record<string, string> =
    contentType === null ? {} : { 'content-type': contentType };
  return new Standard(bytes, { headers }).formData();
}
