// The authorization server: oidc-provider on loopback, with people who answer at once, and a record of
// what it was asked.

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import { Provider } from "oidc-provider";

import { SCOPES } from "./definition.mjs";

const ACCOUNT = "ada";
const HOUR_S = 3_600;

/** It listens at once, so that definitions can name it. `open` lets in clients, who need redirect URIs first. */
export async function startProvider() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new AuthorizationServer(server);
}

class AuthorizationServer {
  /** What the person does at the page: allow, or deny. */
  decision = "allow";
  /** What the person allows of what is asked for. */
  allowed = SCOPES;
  /** Parameters of the redirect back that somebody on the way changes, or takes away with null. */
  onTheWay = {};
  /** Seconds an access token lives, by client. */
  lifetime = {};
  /** Token, revocation and introspection requests, as they came. */
  requests = [];
  /** Refresh token → how often it was presented. */
  presented = new Map();
  revokedGrants = [];
  #server;
  #provider;

  constructor(server) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${server.address().port}`;
    this.endpoints = { authorizationUrl: `${this.issuer}/auth`, tokenUrl: `${this.issuer}/token` };
    this.revocationUrl = `${this.issuer}/token/revocation`;
  }

  /** Serves, for these clients. */
  open(clients) {
    const provider = new Provider(this.issuer, {
      clients: clients.map((client) => ({
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        id_token_signed_response_alg: "ES256",
        ...client,
      })),
      scopes: SCOPES,
      clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
      features: {
        devInteractions: { enabled: false },
        revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
      },
      // What it counts in whole seconds ends no sooner than it says.
      clockTolerance: 1,
      pkce: { required: () => true },
      issueRefreshToken: () => true,
      rotateRefreshToken: true,
      cookies: { keys: ["of this test"] },
      jwks: { keys: [signingKey()] },
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      ttl: {
        AccessToken: (_context, _token, client) => this.lifetime[client.clientId] ?? HOUR_S,
        AuthorizationCode: 60, Grant: HOUR_S, Interaction: 600, RefreshToken: HOUR_S, Session: HOUR_S,
      },
    });
    provider.use((context, next) => this.#around(context, next));
    provider.on("grant.revoked", (_, grantId) => this.revokedGrants.push(grantId));
    provider.on("server_error", (_, error) => console.error(error));
    this.#provider = provider;
    this.#server.on("request", provider.callback());
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** The access token, if it is valid. */
  accessToken(token) {
    return this.#provider.AccessToken.find(token);
  }

  refreshToken(token) {
    return this.#provider.RefreshToken.find(token, { ignoreExpiration: true });
  }

  grant(id) {
    return this.#provider.Grant.find(id);
  }

  /** Ends an access token before its time. */
  async end(token) {
    await (await this.accessToken(token)).destroy();
  }

  requestsOf(client, path = "/token") {
    return this.requests.filter((request) => request.client === client && request.path === path);
  }

  async #around(context, next) {
    if (context.path.startsWith("/interaction/")) {
      context.redirect(await this.#provider.interactionResult(context.req, context.res, await this.#answer(context)));
      return;
    }
    await next();
    if (context.path.startsWith("/token")) this.#record(context);
    if (context.path === "/token" && context.status === 200) {
      context.body = { ...context.body, account: { id: ACCOUNT, name: "Ada's notes" } };
    }
    if (context.path.startsWith("/auth") && context.response.get("location")?.includes("state=")) {
      context.set("location", this.#changed(context.response.get("location")));
    }
  }

  async #answer(context) {
    if (this.decision === "deny") return { error: "access_denied", error_description: "<b>Ada</b> said no" };
    const { params } = await this.#provider.interactionDetails(context.req, context.res);
    const grant = new this.#provider.Grant({ accountId: ACCOUNT, clientId: params.client_id });
    const asked = params.scope.split(" ");
    grant.addOIDCScope(asked.filter((scope) => this.allowed.includes(scope)).join(" "));
    grant.rejectOIDCScope(asked.filter((scope) => !this.allowed.includes(scope)).join(" "));
    return { login: { accountId: ACCOUNT }, consent: { grantId: await grant.save() } };
  }

  #changed(location) {
    const url = new URL(location);
    for (const [name, value] of Object.entries(this.onTheWay)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.href;
  }

  #record(context) {
    const sent = context.oidc?.body ?? {};
    const [, basic] = context.get("authorization").match(/^Basic (.+)$/) ?? [];
    const [named] = basic ? Buffer.from(basic, "base64").toString().split(":").map(formDecoded) : [];
    const asserted = sent.client_assertion && claims(sent.client_assertion);
    const client = named ?? sent.client_id ?? asserted?.sub;
    this.requests.push({ path: context.path, client, sent, basic: Boolean(basic), asserted, status: context.status,
      answer: context.body });
    if (sent.refresh_token) {
      this.presented.set(sent.refresh_token, (this.presented.get(sent.refresh_token) ?? 0) + 1);
    }
  }
}

// RFC 6749, 2.3.1.
const formDecoded = (text) => decodeURIComponent(text.replaceAll("+", " "));
const claims = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());

function signingKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid: "provider", use: "sig", alg: "ES256" };
}
