// Asks with the official client: node query.mjs ADDRESS SECRET QUERY, where QUERY is JSON.
// Prints the status and the body of the answer.
import { retrieveReleaseHealthSessionStatistics as ask } from '@sentry/api';

const [address, secret, query] = process.argv.slice(2);

const { data, error, response } = await ask({
  baseUrl: address,
  headers: { Authorization: `Bearer ${secret}` },
  path: { organization_id_or_slug: 'acme' },
  query: JSON.parse(query),
});
console.log(JSON.stringify({ status: response.status, body: data ?? error }));
