// Starts a real browser that reaches nothing but this machine; `profile` is an empty folder.
import puppeteer from 'puppeteer-core';

export const launch = (chromium, profile) =>
  puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    headless: true,
    timeout: 60_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
