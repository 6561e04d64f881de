// A real OpenID provider in a process of its own: node-oidc-provider, with its own pages for signing in.
// Its settings come as JSON; it says when it listens. Whoever signs in is the account of that name.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { port, back, keys, inToken, client, secret, issuer } = JSON.parse(process.argv[2]);
const provider = new Provider(issuer, {
  clients: [{
    client_id: client,
    client_secret: secret,
    redirect_uris: [back],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: keys[0].alg,
  }],
  jwks: { keys },
  scopes: ['openid', 'library'],
  claims: { openid: ['sub'], library: ['card_number'] },
  conformIdTokenClaims: !inToken,
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `subject of ${id}`, card_number: id }) }),
});
createServer(provider.callback()).listen(port, new URL(issuer).hostname, () => console.log('ready'));
