// The short sum: which number, behind the question, has a SHA-256 that begins with enough zero bits?
"use strict";
const root = (n, power) => { const whole = n ** power; return ((whole - Math.floor(whole)) * 2 ** 32) | 0; };
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const K = primes.map((p) => root(p, 1 / 3)), H = primes.slice(0, 8).map((p) => root(p, 1 / 2));
const w = new Int32Array(64), turn = (x, by) => (x >>> by) | (x << (32 - by));

// The first 32 bits of the hash of one short text.
const begins = (text) => {
  w.fill(0, 0, 16);
  for (let i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
  w[text.length >> 2] |= 0x80 << (24 - (text.length % 4) * 8);
  w[15] = text.length * 8;
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = H;
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  return (H[0] + a) | 0;
};

onmessage = ({ data: [nonce, bits] }) => {
  let n = 0;
  while (Math.clz32(begins(`${nonce}.${n}`)) < bits) n++;
  postMessage(n);
  close();
};
