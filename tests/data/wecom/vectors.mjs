// Makes vectors of WeCom's callback cryptography with Node's own crypto, which shares no line with ours.
// Anew: node tests/data/wecom/vectors.mjs > tests/data/wecom/vectors.json
import { createCipheriv, createHash } from "node:crypto";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const digest = (text) => createHash("sha256").update(text).digest();

// The last of the 43 letters carries four bits only; decoders that are strict want its other bits to be 0.
function encodingKey(name) {
  const letters = [...digest(name), ...digest(`${name} more`)].slice(0, 42).map((byte) => LETTERS[byte % 62]);
  return letters.join("") + "AEIMQUYcgkosw048"[digest(name)[31] % 16];
}

function seal({ token, aes_key, receive_id, timestamp, nonce, head, message }) {
  const key = Buffer.from(`${aes_key}=`, "base64");
  const body = Buffer.from(message, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const plain = Buffer.concat([Buffer.from(head, "hex"), length, body, Buffer.from(receive_id, "utf8")]);
  const padding = 32 - (plain.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([plain, Buffer.alloc(padding, padding)]);
  const sealed = Buffer.concat([cipher.update(padded), cipher.final()]).toString("base64");
  const signed = [token, timestamp, nonce, sealed].sort().join("");
  return { cipher: sealed, signature: createHash("sha1").update(signed).digest("hex") };
}

const MESSAGES = [
  "",
  "1234567890",
  "<xml><Content><![CDATA[领用 A4纸 5包]]></Content></xml>",
  '{"msgtype":"text","text":{"content":"入库 🙂 \\u0000"}}',
  ...Array.from({ length: 33 }, (_, size) => "x".repeat(size)),
  "库".repeat(700),
];
const vectors = MESSAGES.flatMap((message, number) =>
  ["ww1234567890abcdef", ""].map((receive_id) => {
    const name = `${number} ${receive_id}`;
    const made = {
      token: `token${number}`,
      aes_key: encodingKey(name),
      receive_id,
      timestamp: String(1700000000 + number),
      nonce: digest(`nonce ${name}`).toString("hex").slice(0, 1 + (number % 20)),
      head: digest(`head ${name}`).toString("hex").slice(0, 32),
      message,
    };
    return { ...made, ...seal(made) };
  }),
);
console.log(JSON.stringify(vectors, null, 1));
