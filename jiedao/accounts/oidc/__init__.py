"""Sign-in with the office's own account: OpenID Connect 1.0, authorization code flow with PKCE.

| module | holds |
|---|---|
| `config` | the settings of the provider |
| `faults` | why a sign-in was refused, and the words for it |
| `provider` | what the provider publishes (discovery, keys), and the exchange of a code for an ID token |
| `tokens` | the checks of an ID token |
| `flow` | a sign-in from the button to the return, with state, nonce and PKCE |
| `links` | which user a provider's account belongs to |
| `passwords` | who may still sign in with a password |
| `views` | the three addresses |

The provider only states who a person is. Accounts, posts and rights are given here.
"""
