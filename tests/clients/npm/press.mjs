// Opens a page, waits until it is quiet, presses its button: node press.mjs CHROMIUM PROFILE URL.
import { launch } from './launch.mjs';

const [chromium, profile, url] = process.argv.slice(2);

const browser = await launch(chromium, profile);
try {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForNetworkIdle({ idleTime: 1000, timeout: 15_000 });
  await page.click('button');
  await page.waitForNetworkIdle({ idleTime: 1000, timeout: 15_000 });
} finally {
  await browser.close();
}
