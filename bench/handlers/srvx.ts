import { toLambdaHandler } from 'srvx/aws-lambda';
import { large, page } from './page.ts';

export const handler = toLambdaHandler({
  fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === '/large') {
      return new Response(large(), {
        headers: { 'Content-Type': 'application/octet-stream' },
      });
    }
    return new Response(page(request.headers.get('user-agent') ?? undefined, url.searchParams), {
      headers: { 'Content-Type': 'application/json' },
    });
  },
});
