/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/auth.h"

#include <openssl/evp.h>

#include "base/text.h"
#include "rest/answer.h"
#include "rest/settings.h"
#include "rest/verifier.h"

/* Of a name and a password together, and of a token. */
#define CREDENTIAL_LENGTH_MAX 1024

static const char refused[] = "Invalid credentials, or none where they are needed.";

static AuthOutcome auth_refuse(Request *q) {
        request_refuse(q, MHD_HTTP_UNAUTHORIZED, refused);
        return AUTH_DONE;
}

/* The scheme's word is at the start, and blanks; returns what follows, NULL for another scheme. */
static const char *after_scheme(const char *authorization, const char *scheme) {
        size_t n = strlen(scheme);

        if (strncasecmp(authorization, scheme, n) != 0 || authorization[n] != ' ')
                return NULL;
        return authorization + n + strspn(authorization + n, " ");
}

static void on_verified(bool right, void *userdata) {
        Request *q = userdata;

        q->verification = NULL;
        if (!right)
                request_refuse(q, MHD_HTTP_UNAUTHORIZED, refused);
        request_go_on(q);
}

void auth_forget(Request *q) {
        if (q->verification)
                verifier_forget(q->verification);
        q->verification = NULL;
}

static AuthOutcome ask_password(Request *q, const char *name, const char *password) {
        const Credentials *c = q->gateway->credentials;
        const PasswordEntry *entry = credentials_find_password(c, name), *work = entry;
        int r;

        if (c->n_passwords == 0)
                return auth_refuse(q);
        if (entry && verifier_remembers(q->gateway->verifier, entry, password)) {
                q->uid = entry->uid;
                return AUTH_DONE;
        }
        /* A name that there is not takes as long as one that there is. */
        if (!entry)
                work = &c->passwords[0];
        q->uid = work->uid;
        r = verifier_start(q->gateway->verifier, work, password, /* always_wrong= */ !entry, on_verified, q,
                           &q->verification);
        if (r >= 0)
                return AUTH_LATER;
        if (r == -ENOBUFS)
                request_unavailable(q, "Too many passwords are being checked.");
        else
                request_fail(q, r);
        return AUTH_DONE;
}

/* NAME:PASSWORD in base64. */
static AuthOutcome ask_basic(Request *q, const char *encoded) {
        unsigned char text[CREDENTIAL_LENGTH_MAX + 4];
        size_t length = strlen(encoded), padding = 0;
        AuthOutcome outcome;
        char *colon;
        int n;

        while (padding < 2 && padding < length && encoded[length - padding - 1] == '=')
                padding++;
        if (length == 0 || length % 4 != 0 || length / 4 * 3 > CREDENTIAL_LENGTH_MAX)
                return auth_refuse(q);
        n = EVP_DecodeBlock(text, (const unsigned char *) encoded, (int) length);
        if (n < 0 || (size_t) n < padding)
                return auth_refuse(q);
        text[(size_t) n - padding] = 0;
        colon = strchr((char *) text, ':');
        if (!colon || strlen((char *) text) != (size_t) n - padding)
                outcome = auth_refuse(q);
        else {
                *colon = 0;
                outcome = ask_password(q, (char *) text, colon + 1);
        }
        explicit_bzero(text, sizeof(text));
        return outcome;
}

static AuthOutcome ask_bearer(Request *q, const char *token) {
        if (strlen(token) > CREDENTIAL_LENGTH_MAX ||
            !credentials_check_token(q->gateway->credentials, token, &q->uid))
                return auth_refuse(q);
        return AUTH_DONE;
}

AuthOutcome auth_ask(Request *q) {
        const char *authorization = q->head.authorization, *rest;

        if (!authorization) {
                if (!q->peer->local || settings_is_proxy(q->gateway->settings, q->peer->uid))
                        return auth_refuse(q);
                q->uid = q->peer->uid;
                return AUTH_DONE;
        }
        rest = after_scheme(authorization, "Basic");
        if (rest)
                return ask_basic(q, rest);
        rest = after_scheme(authorization, "Bearer");
        return rest ? ask_bearer(q, rest) : auth_refuse(q);
}
