// Opens pages in a real browser: node browser.mjs CHROMIUM PROFILE DSN HOST ENDING:USER ...
// PROFILE is an empty folder, HOST the name under which the pages are asked for. Each page ends
// "well", with a "handled" error or in a "crash". Prints the status of each answer to the SDK.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launch } from './launch.mjs';

const [chromium, profile, dsn, host, ...visits] = process.argv.slice(2);

const bundle = await build({
  entryPoints: [fileURLToPath(new URL('page.js', import.meta.url))],
  bundle: true,
  write: false,
});
const script = bundle.outputFiles[0].text;

const server = createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>page</title><script>${script}</script>`);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await launch(chromium, profile);
const statuses = [];
try {
  for (const visit of visits) {
    const [ending, user] = visit.split(':');
    const page = await browser.newPage();
    page.on('response', (response) => {
      if (response.url().includes('/envelope/')) statuses.push(response.status());
    });
    await page.goto(`http://${host}:${server.address().port}/`);
    await page.evaluate((...words) => window.begin(...words), dsn, user);
    await page.waitForNetworkIdle({ idleTime: 500, timeout: 10_000 });
    await page.evaluate((word) => window.end(word), ending);
    await page.waitForNetworkIdle({ idleTime: 500, timeout: 10_000 });
    await page.evaluate(() => window.sent());
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
}
console.log(JSON.stringify(statuses));
