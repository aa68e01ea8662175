// Loaded into Redis Commander before its own code (node --require): its HTTP server becomes an HTTPS server that accepts
// a connection only from a client with the login proxy's certificate. Commander itself cannot serve TLS (0.9.0). So no
// byte of a request without a login reaches it, from whatever address the request comes.
//
// LOGIN_PROXY_CERTIFICATE is the path of a PEM file with the certificate and the key that both ends share.

const { readFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");

const path = process.env["LOGIN_PROXY_CERTIFICATE"];
if (path === undefined) {
  throw new Error("LOGIN_PROXY_CERTIFICATE is not set: it is the path of the login proxy's certificate and key");
}
const pem = readFileSync(path);

/** @type {(...given: readonly unknown[]) => https.Server} */
const createServer = (...given) =>
  https.createServer(
    { cert: pem, key: pem, ca: pem, requestCert: true, rejectUnauthorized: true },
    /** @type {http.RequestListener} */ (given.at(-1)),
  );
Object.assign(http, { createServer });
