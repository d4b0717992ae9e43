/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/config-option.h"

#include "base/text.h"

#define NO_COUNTERPART "has no counterpart in Pulp 3"

typedef struct Option {
        ConfigKind kind;
        const char *plugin; /* NULL: of all */
        const char *name;
        const char *reason; /* NULL: it is migrated, or Pulp 3 does as it says whatever is set */
} Option;

#define SYNC_OPTION "is given with each synchronisation in Pulp 3, not with the remote: "
#define SIGNING "Pulp 3 needs a signing service for it: metadata are published unsigned"
#define CERTIFICATES "the distribution is open to everybody: give it a certificate guard with the same authority"

/* Source: the plugins' documents "Configuring the importer" and "… the distributor" of Pulp 2.21. */
static const Option options[] = {
        { CONFIG_IMPORTER, NULL, "feed", NULL },
        { CONFIG_IMPORTER, NULL, "download_policy", NULL },
        { CONFIG_IMPORTER, NULL, "proxy_host", NULL },
        { CONFIG_IMPORTER, NULL, "proxy_port", NULL },
        { CONFIG_IMPORTER, NULL, "proxy_username", NULL },
        { CONFIG_IMPORTER, NULL, "proxy_password", NULL },
        { CONFIG_IMPORTER, NULL, "basic_auth_username", NULL },
        { CONFIG_IMPORTER, NULL, "basic_auth_password", NULL },
        { CONFIG_IMPORTER, NULL, "ssl_ca_cert", NULL },
        { CONFIG_IMPORTER, NULL, "ssl_client_cert", NULL },
        { CONFIG_IMPORTER, NULL, "ssl_client_key", NULL },
        { CONFIG_IMPORTER, NULL, "ssl_validation", NULL },
        { CONFIG_IMPORTER, NULL, "max_downloads", NULL },
        { CONFIG_IMPORTER, NULL, "validate", NULL },
        { CONFIG_IMPORTER, NULL, "max_speed", "limits bytes; a remote's rate_limit counts requests and is not set" },
        { CONFIG_IMPORTER, NULL, "remove_missing", SYNC_OPTION "mirror" },
        { CONFIG_IMPORTER, "rpm", "query_auth_token", NULL },
        { CONFIG_IMPORTER, "rpm", "retain_old_count", NULL },
        { CONFIG_IMPORTER, "rpm", "type_skip_list", SYNC_OPTION "skip_types" },
        { CONFIG_IMPORTER, "rpm", "require_signature", "Pulp 3 does not check the signatures of packages" },
        { CONFIG_IMPORTER, "rpm", "allowed_keys", "Pulp 3 does not check the signatures of packages" },
        { CONFIG_IMPORTER, "deb", "releases", NULL },
        { CONFIG_IMPORTER, "deb", "components", NULL },
        { CONFIG_IMPORTER, "deb", "architectures", NULL },
        { CONFIG_IMPORTER, "deb", "gpg_keys", NULL },
        { CONFIG_IMPORTER, "deb", "require_signature",
          "Pulp 3 checks the signature of a release where the remote has keys" },
        { CONFIG_IMPORTER, "deb", "allowed_keys", "Pulp 3 takes keys, not their numbers: give the remote a gpgkey" },
        { CONFIG_IMPORTER, "docker", "upstream_name", NULL },
        { CONFIG_IMPORTER, "docker", "tags", NULL },
        { CONFIG_IMPORTER, "docker", "enable_v1", "Pulp 3 has no images of version 1" },
        { CONFIG_DISTRIBUTOR, NULL, "relative_url", NULL },
        { CONFIG_DISTRIBUTOR, NULL, "http", NULL },
        { CONFIG_DISTRIBUTOR, NULL, "https", NULL },
        { CONFIG_DISTRIBUTOR, NULL, "serve_http", NULL },
        { CONFIG_DISTRIBUTOR, NULL, "serve_https", NULL },
        { CONFIG_DISTRIBUTOR, NULL, "protected", CERTIFICATES },
        { CONFIG_DISTRIBUTOR, NULL, "auth_ca", CERTIFICATES },
        { CONFIG_DISTRIBUTOR, NULL, "auth_cert", CERTIFICATES },
        { CONFIG_DISTRIBUTOR, NULL, "ssl_auth_ca_cert", CERTIFICATES },
        { CONFIG_DISTRIBUTOR, "rpm", "checksum_type", NULL },
        { CONFIG_DISTRIBUTOR, "rpm", "generate_sqlite", NULL },
        { CONFIG_DISTRIBUTOR, "rpm", "force_full", NULL },
        { CONFIG_DISTRIBUTOR, "rpm", "use_createrepo", NULL },
        { CONFIG_DISTRIBUTOR, "rpm", "remove_old_repodata", NULL },
        { CONFIG_DISTRIBUTOR, "rpm", "remove_old_repodata_threshold", NULL },
        { CONFIG_DISTRIBUTOR, "rpm", "gpg_sign_metadata", SIGNING },
        { CONFIG_DISTRIBUTOR, "rpm", "gpg_key_id", SIGNING },
        { CONFIG_DISTRIBUTOR, "deb", "publish_default_release", NULL },
        { CONFIG_DISTRIBUTOR, "deb", "gpg_cmd", SIGNING },
        { CONFIG_DISTRIBUTOR, "deb", "gpg_key_id", SIGNING },
        { CONFIG_DISTRIBUTOR, "docker", "repo-registry-id", NULL },
};

/* The reason of an option that is not known is that it has no counterpart. */
static const char *reason_of(ConfigKind kind, const Plugin *plugin, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (options[i].kind == kind && streq(options[i].name, name) &&
                    (!options[i].plugin || streq(options[i].plugin, plugin->name)))
                        return options[i].reason;
        return NO_COUNTERPART;
}

static bool says_nothing(const bson_iter_t *i) {
        const uint8_t *data;
        uint32_t size;

        switch (bson_iter_type(i)) {
        case BSON_TYPE_NULL:
        case BSON_TYPE_UNDEFINED:
                return true;
        case BSON_TYPE_UTF8:
                return *bson_iter_utf8(i, NULL) == 0;
        case BSON_TYPE_DOCUMENT:
                bson_iter_document(i, &size, &data);
                return size == 5; /* source: bsonspec.org, length and terminator only */
        case BSON_TYPE_ARRAY:
                bson_iter_array(i, &size, &data);
                return size == 5;
        default:
                return !bson_iter_as_bool(i);
        }
}

static bool is_false(const bson_t *config, const char *name) {
        bson_iter_t i;

        return bson_iter_init_find(&i, config, name) && BSON_ITER_HOLDS_BOOL(&i) && !bson_iter_bool(&i);
}

/* Pulp 2 could publish a repository without letting anybody read it. */
static int check_served(const bson_t *config, ConfigOptionHandler handler, void *userdata) {
        if (is_false(config, "http") && is_false(config, "https"))
                return handler("https", "the repository was not served; its distribution is", userdata);
        if (is_false(config, "serve_http") && is_false(config, "serve_https"))
                return handler("serve_https", "the repository was not served; its distribution is", userdata);
        return 0;
}

/* Pulp 2 took no proxy without a host, whoever was to use it. */
static int check_proxy(const bson_t *config, ConfigOptionHandler handler, void *userdata) {
        static const char *const names[] = { "proxy_username", "proxy_password" };
        bson_iter_t host, i;
        int r = 0;

        if (bson_iter_init_find(&host, config, "proxy_host") && !says_nothing(&host))
                return 0;
        for (size_t k = 0; k < ELEMENTSOF(names) && r >= 0; k++)
                if (bson_iter_init_find(&i, config, names[k]) && !says_nothing(&i))
                        r = handler(names[k], "there is no proxy_host: the remote has no proxy", userdata);
        return r;
}

int config_options_left(const bson_t *config, ConfigKind kind, const Plugin *plugin, ConfigOptionHandler handler,
                        void *userdata) {
        bson_iter_t i;
        int r = 0;

        if (kind == CONFIG_DISTRIBUTOR)
                r = check_served(config, handler, userdata);
        else
                r = check_proxy(config, handler, userdata);
        if (!bson_iter_init(&i, config))
                return r;
        while (r >= 0 && bson_iter_next(&i)) {
                const char *reason = says_nothing(&i) ? NULL : reason_of(kind, plugin, bson_iter_key(&i));

                if (reason)
                        r = handler(bson_iter_key(&i), reason, userdata);
        }
        return r;
}
