// An identity provider as it is in the world: oidc-provider, over plain HTTP on
// a loopback address. It reads commands from stdin, one JSON object a line, and
// answers each with one on stdout. It ends when stdin is closed.
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider, { errors } from 'oidc-provider';

console.info = console.error; // stdout is for answers
process.on('uncaughtException', (err) => { // whose cause may show a private key
  console.error(err.message);
  process.exit(1);
});

const API = 'https://api.example.com';

// Each resource is a way to get a token. Most are for the same API, so that only
// the named property differs.
const resources = {
  [API]: {},
  'https://other.example.com': { audience: 'https://other.example.com' },
  'urn:api:es256': { jwt: { sign: { alg: 'ES256' } } },
  'urn:api:ps256': { jwt: { sign: { alg: 'PS256' } } },
  'urn:api:eddsa': { jwt: { sign: { alg: 'EdDSA' } } },
  'urn:api:opaque': { accessTokenFormat: 'opaque' },
  'urn:other:opaque': { accessTokenFormat: 'opaque', audience: 'https://other.example.com' },
};

function resourceServer(_ctx, indicator) {
  const own = resources[indicator];
  if (!own) throw new errors.InvalidTarget();
  return {
    audience: API, scope: 'items:read items:write', accessTokenFormat: 'jwt', accessTokenTTL: 7200, ...own,
  };
}

// The name and the secret of the API have characters that HTTP Basic separates
// by, and that forms encode.
const clients = [
  {
    client_id: 'service', client_secret: 'secret of the service',
    grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  },
  {
    client_id: 'web', client_secret: 'secret of the web client',
    grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['https://web.example.com/callback'],
  },
  {
    client_id: API, client_secret: 'a+b: 100% of /it&=',
    grant_types: [], redirect_uris: [], response_types: [],
  },
  {
    client_id: 'api-by-form', client_secret: 'a+b: 100% of /it&=', token_endpoint_auth_method: 'client_secret_post',
    grant_types: [], redirect_uris: [], response_types: [],
  },
];

// What the provider issued, for as long as the process lives: a Provider's own
// store would end with its keys.
const stored = new Map();

class Store {
  constructor(model) { this.model = model; }

  key(id) { return `${this.model}:${id}`; }

  async upsert(id, payload) { stored.set(this.key(id), payload); }

  async find(id) { return stored.get(this.key(id)); }

  async findByUid(uid) { return [...stored.values()].find((payload) => payload.uid === uid); }

  async findByUserCode() { return undefined; }

  async consume(id) { stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { stored.delete(this.key(id)); }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of stored) {
      if (payload.grantId === grantId) stored.delete(key);
    }
  }
}

function newKey(type, options, members) {
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), ...members };
}

let generation = 0;

function newRSA() {
  generation += 1;
  return newKey('rsa', { modulusLength: 2048 }, { use: 'sig', kid: `rsa-${generation}` });
}

let rsa = [newRSA()]; // the first one signs
const others = [
  newKey('ec', { namedCurve: 'P-256' }, { kid: 'ec' }),
  newKey('ed25519', {}, { use: 'sig', kid: 'ed' }),
  newKey('ec', { namedCurve: 'P-256' }, { use: 'enc', kid: 'enc' }),
];

let issuer;
let handle; // of the Provider of the time

// renew makes a new Provider, for the keys are given to its constructor.
function renew() {
  handle = new Provider(issuer, {
    adapter: Store,
    clients,
    jwks: { keys: [...rsa, ...others] },
    cookies: { keys: ['a key for the cookies of the tests'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    extraTokenClaims: () => ({ tenant: 'acme' }),
    features: {
      clientCredentials: { enabled: true },
      encryption: { enabled: true }, // so that a key of the set is for that
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true, getResourceServerInfo: resourceServer, useGrantedResource: () => true,
      },
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    pkce: { required: () => true },
    ttl: {
      AccessToken: 7200, AuthorizationCode: 60, ClientCredentials: 7200, Grant: 7200, IdToken: 7200, Interaction: 600, RefreshToken: 7200, Session: 7200,
    },
  }).callback();
}

const asked = {}; // how often each path was asked for
const used = new WeakSet(); // connections that have had a request
let hangUp = false; // on the next request over a used connection
let server;

async function listen(port) {
  server = createServer((req, res) => {
    const { pathname } = new URL(req.url, issuer);
    asked[pathname] = (asked[pathname] ?? 0) + 1;
    if (hangUp && used.has(req.socket)) {
      hangUp = false;
      req.socket.destroy();
      return;
    }
    used.add(req.socket);
    handle(req, res);
  });
  server.keepAliveTimeout = 0; // the tests pause, and hang up as they like
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function stop() {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

const signer = () => ({ kid: rsa[0].kid });

const commands = {
  rotate() { // the old key stays published
    rsa = [newRSA(), ...rsa];
    renew();
    return signer();
  },
  withdraw() { // all but the key that signs
    rsa = [rsa[0]];
    renew();
    return signer();
  },
  async stop() {
    await stop();
    return {};
  },
  async start() {
    await listen(new URL(issuer).port);
    return {};
  },
  hangUp() { // as a server does that finds a connection idle for too long
    hangUp = true;
    return {};
  },
  asked: () => ({ ...asked, hangUp: Number(hangUp) }),
};

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

issuer = `http://127.0.0.1:${await listen(0)}`;
renew();
say({ issuer, ...signer() });

for await (const line of createInterface({ input: process.stdin })) {
  say(await commands[JSON.parse(line).do]());
}
process.exit(0);
