/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/secrets.h"

#include <jansson.h>
#include <openssl/crypto.h>

#include "base/text.h"

/* By the enum; names in the sealed object. */
static const char *const names[_SECRET_MAX] = { "client_key", "username", "password", "proxy_username",
                                                "proxy_password" };

static int load_key(Secrets *s, char **ret_error) {
        int r;

        if (s->loaded)
                return 0;
        r = fernet_load(s->key_file, &s->key, ret_error);
        if (r < 0)
                return -EINVAL;
        s->loaded = true;
        return 0;
}

static void wipe(char *text) {
        if (text)
                OPENSSL_cleanse(text, strlen(text));
        free(text);
}

int secrets_seal(Secrets *s, const Remote *remote, char **ret_token, char **ret_error) {
        const char *const values[_SECRET_MAX] = { remote->client_key, remote->username, remote->password,
                                                  remote->proxy_username, remote->proxy_password };
        json_t *object;
        char *text;
        int r;

        *ret_token = NULL;
        if (!remote_has_secrets(remote))
                return 0;
        r = load_key(s, ret_error);
        if (r < 0)
                return r;
        object = json_object();
        for (size_t i = 0; i < _SECRET_MAX; i++)
                if (values[i])
                        (void) json_object_set_new(object, names[i], json_string(values[i]));
        text = json_dumps(object, JSON_COMPACT);
        json_decref(object);
        r = text ? fernet_encrypt(&s->key, text, ret_token) : -ENOMEM;
        wipe(text);
        return r < 0 ? text_error(ret_error, r, "cannot encrypt a remote's secrets: %s", strerror(-r)) : 0;
}

static int open_sealed(Secrets *s, const char *sealed, json_t **ret, char **ret_error) {
        char *text = NULL;
        int r;

        r = load_key(s, ret_error);
        if (r < 0)
                return r;
        r = fernet_decrypt(&s->key, sealed, &text);
        if (r < 0)
                return text_error(ret_error, r == -EBADMSG ? -EINVAL : r,
                                  "%s: is not the key that the step premigration "
                                  "encrypted with",
                                  s->key_file);
        *ret = json_loads(text, 0, NULL);
        wipe(text);
        return *ret ? 0 : text_error(ret_error, -EIO, "a remote's sealed secrets are malformed");
}

/* A token made with another key is as good as none: Pulp could not read it either. */
static bool holds(const Secrets *s, const char *token, const char *wanted) {
        char *text = NULL;
        bool same;

        if (fernet_decrypt(&s->key, token, &text) < 0)
                return false;
        same = streq(text, wanted);
        wipe(text);
        return same;
}

static int take_column(Secrets *s, const char *wanted, const char *present, char **ret, bool *ret_changed) {
        if (!wanted) {
                *ret_changed = *ret_changed || present;
                return 0;
        }
        if (present && holds(s, present, wanted)) {
                *ret = strdup(present);
                return *ret ? 0 : -ENOMEM;
        }
        *ret_changed = true;
        return fernet_encrypt(&s->key, wanted, ret);
}

int secrets_unseal(Secrets *s, const char *sealed, const char *const present[static _SECRET_MAX],
                   char *ret[static _SECRET_MAX], bool *ret_changed, char **ret_error) {
        json_t *object = NULL;
        int r = 0;

        *ret_changed = false;
        if (sealed)
                r = open_sealed(s, sealed, &object, ret_error);
        for (size_t i = 0; i < _SECRET_MAX && r >= 0; i++)
                r = take_column(s, json_string_value(json_object_get(object, names[i])), present[i], &ret[i],
                                ret_changed);
        json_decref(object);
        return r < 0 ? text_error(ret_error, r, "a remote's secrets: %s", strerror(-r)) : 0;
}
