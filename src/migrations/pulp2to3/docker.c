/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/docker.h"

#include <openssl/evp.h>

#include "base/text.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/comps-digest.h"

#define MEDIA_TYPE(x) "application/vnd.docker." x
#define MANIFEST_1 MEDIA_TYPE("distribution.manifest.v1+json")
#define MANIFEST_2 MEDIA_TYPE("distribution.manifest.v2+json")
#define MANIFEST_LIST MEDIA_TYPE("distribution.manifest.list.v2+json")
#define FOREIGN_LAYER MEDIA_TYPE("image.rootfs.foreign.diff.tar.gzip")

/* Source: width of the columns of container_manifestlistmanifest. */
#define WIDTH 255

int docker_digest_parse(const char *text, int *ret_algorithm, const char **ret_hex) {
        static const struct {
                const char *prefix;
                size_t n_digits;
                int algorithm;
        } algorithms[] = {
                { "sha256:", 64, DIGEST_SHA256 },
                { "sha384:", 96, DIGEST_SHA384 },
                { "sha512:", 128, DIGEST_SHA512 },
        };

        for (size_t i = 0; text && i < ELEMENTSOF(algorithms); i++) {
                const char *hex = text + strlen(algorithms[i].prefix);

                if (strncmp(text, algorithms[i].prefix, strlen(algorithms[i].prefix)) != 0)
                        continue;
                if (strspn(hex, "0123456789abcdef") != algorithms[i].n_digits || hex[algorithms[i].n_digits])
                        return -EBADMSG;
                *ret_algorithm = algorithms[i].algorithm;
                *ret_hex = hex;
                return 0;
        }
        return -EBADMSG;
}

/* Takes a member that is a digest. where: the member, for texts. */
static int check_digest(const json_t *value, const char *where, char **ret_reason) {
        const char *hex;
        int algorithm;

        if (!value || json_is_null(value))
                return text_error(ret_reason, -EBADMSG, "%s is missing", where);
        if (!json_is_string(value))
                return text_error(ret_reason, -EBADMSG, "%s is not a text", where);
        return docker_digest_parse(json_string_value(value), &algorithm, &hex) < 0
                       ? text_error(ret_reason, -EBADMSG, "%s is \"%.140s\", which is no digest", where,
                                    json_string_value(value))
                       : 0;
}

/* Base64 without padding, of the URL-safe alphabet or the ordinary one, as signatures have it. */
static int decode(const char *text, char **ret, size_t *ret_size) {
        size_t length = strlen(text), padded = (length + 3) / 4 * 4;
        _cleanup_(freep) char *copy = NULL, *data = NULL;
        int n;

        while (length > 0 && text[length - 1] == '=')
                length--;
        copy = malloc(padded + 1);
        data = malloc(padded / 4 * 3 + 1);
        if (!copy || !data)
                return -ENOMEM;
        if (length == 0 || length % 4 == 1)
                return -EBADMSG;
        padded = (length + 3) / 4 * 4;
        for (size_t i = 0; i < padded; i++)
                copy[i] = i >= length ? '=' : text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
        copy[padded] = 0;
        n = EVP_DecodeBlock((unsigned char *) data, (const unsigned char *) copy, (int) padded);
        if (n < 0 || (size_t) n < padded - length)
                return -EBADMSG;
        *ret_size = (size_t) n - (padded - length);
        data[*ret_size] = 0;
        *ret = TAKE_PTR(data);
        return 0;
}

/* The member "protected" of the first signature: how many bytes of the text were signed, and what came after them.
 * tail: owned by the caller. */
static int read_protected(const json_t *signatures, size_t size, size_t *ret_length, char **ret_tail,
                          size_t *ret_tail_size) {
        const char *text = json_string_value(json_object_get(json_array_get(signatures, 0), "protected")), *tail;
        _cleanup_(freep) char *decoded = NULL;
        size_t decoded_size;
        json_int_t length;
        json_t *object;
        int r;

        r = text ? decode(text, &decoded, &decoded_size) : -EBADMSG;
        if (r < 0)
                return r;
        object = json_loadb(decoded, decoded_size, 0, NULL);
        length = json_is_integer(json_object_get(object, "formatLength"))
                         ? json_integer_value(json_object_get(object, "formatLength"))
                         : -1;
        tail = json_string_value(json_object_get(object, "formatTail"));
        r = tail && length >= 0 && (uint64_t) length <= size ? decode(tail, ret_tail, ret_tail_size) : -EBADMSG;
        *ret_length = (size_t) length;
        json_decref(object);
        return r;
}

static int load(const char *text, size_t size, json_t **ret, char **ret_reason) {
        json_error_t error;

        *ret = json_loadb(text, size, 0, &error);
        if (!*ret)
                return text_error(ret_reason, -EBADMSG, "is no JSON: line %d: %s", error.line, error.text);
        if (json_is_object(*ret))
                return 0;
        json_decref(*ret);
        *ret = NULL;
        return text_error(ret_reason, -EBADMSG, "is no JSON object");
}

int docker_signed_digests(Digests *digests, const char *text, size_t size, DigestSet *ret, char **ret_reason) {
        _cleanup_(freep) char *tail = NULL;
        size_t length = 0, tail_size = 0;
        json_t *manifest, *signatures;
        int r;

        r = load(text, size, &manifest, ret_reason);
        if (r < 0)
                return r;
        signatures = json_object_get(manifest, "signatures");
        r = signatures ? read_protected(signatures, size, &length, &tail, &tail_size) : 1;
        json_decref(manifest);
        if (r == -EBADMSG)
                return text_error(ret_reason, r, "has signatures that do not say what is signed");
        if (r != 0)
                return r < 0 ? r : 0;
        r = digests_begin(digests);
        if (r >= 0)
                r = digests_update(digests, text, length);
        if (r >= 0)
                r = digests_update(digests, tail, tail_size);
        if (r >= 0)
                r = digests_end(digests, ret);
        return r < 0 ? r : 1;
}

/* The columns that all have; owned by the caller. */
static int begin_columns(const json_t *document, const char *media_type, json_t **ret, char **ret_reason) {
        json_t *columns = json_object(), *digest = json_object_get(document, "digest");
        int r = columns ? check_digest(digest, "field digest", ret_reason) : -ENOMEM;

        if (r >= 0)
                r = column_integer(columns, "schema_version", document, "schema_version", ret_reason);
        if (r >= 0 && !json_is_integer(json_object_get(columns, "schema_version")))
                r = text_error(ret_reason, -EBADMSG, "field schema_version is missing");
        if (r >= 0 && (json_object_set(columns, "digest", digest) < 0 ||
                       json_object_set_new(columns, "media_type", json_string(media_type)) < 0 ||
                       json_object_set_new(columns, "config_blob", json_null()) < 0))
                r = -ENOMEM;
        if (r < 0)
                json_decref(columns);
        else
                *ret = columns;
        return r;
}

static int take_layer(json_t *blobs, const json_t *layer, size_t i, char **ret_reason) {
        const json_t *type = json_object_get(layer, "layer_type");
        json_t *blob = json_object_get(layer, "blob_sum");
        char where[64];
        int r;

        (void) snprintf(where, sizeof(where), "field fs_layers.%zu", i);
        if (!json_is_object(layer))
                return text_error(ret_reason, -EBADMSG, "%s is not a document", where);
        if (streq_ptr(json_string_value(type), FOREIGN_LAYER))
                return 0;
        (void) snprintf(where, sizeof(where), "field fs_layers.%zu.blob_sum", i);
        r = check_digest(blob, where, ret_reason);
        return r < 0 ? r : json_array_append(blobs, blob) < 0 ? -ENOMEM : 0;
}

static int take_layers(const json_t *document, json_t *columns, char **ret_reason) {
        json_t *layers = json_object_get(document, "fs_layers"), *layer, *blobs = json_array();
        size_t i;
        int r = 0;

        if (json_object_set_new(columns, "blobs", blobs) < 0)
                return -ENOMEM;
        if (!json_is_array(layers))
                return text_error(ret_reason, -EBADMSG, "field fs_layers is %s",
                                  !layers || json_is_null(layers) ? "missing" : "not a list");
        json_array_foreach(layers, i, layer) {
                r = take_layer(blobs, layer, i, ret_reason);
                if (r < 0)
                        return r;
        }
        return 0;
}

int docker_manifest_columns(const json_t *document, json_t **ret, char **ret_reason) {
        json_t *config = json_object_get(document, "config_layer"), *columns;
        json_int_t version;
        int r;

        r = begin_columns(document, MANIFEST_2, &columns, ret_reason);
        if (r < 0)
                return r;
        version = json_integer_value(json_object_get(columns, "schema_version"));
        if (version != 1 && version != 2)
                r = text_error(ret_reason, -EBADMSG, "field schema_version is %" JSON_INTEGER_FORMAT ", not 1 or 2",
                               version);
        if (r >= 0 && version == 1 && json_object_set_new(columns, "media_type", json_string(MANIFEST_1)) < 0)
                r = -ENOMEM;
        if (r >= 0 && config && !json_is_null(config)) {
                r = check_digest(config, "field config_layer", ret_reason);
                if (r >= 0 && json_object_set(columns, "config_blob", config) < 0)
                        r = -ENOMEM;
        }
        if (r >= 0)
                r = take_layers(document, columns, ret_reason);
        if (r < 0)
                json_decref(columns);
        else
                *ret = columns;
        return r;
}

/* What is a list in the file is a text in Pulp 3: that of a Python list. */
static int take_features(json_t *row, const char *column, const json_t *platform, const char *member) {
        _cleanup_(freep) char *text = NULL;
        const json_t *value = json_object_get(platform, member);

        text = !value || json_is_null(value) ? strdup("") : comps_python_text(value);
        return text && json_object_set_new(row, column, json_string(text)) >= 0 ? 0 : -ENOMEM;
}

static int take_platform(json_t *row, const json_t *platform, char **ret_reason) {
        static const struct {
                const char *column, *member;
        } texts[] = {
                { "architecture", "architecture" },
                { "os", "os" },
                { "os_version", "os.version" },
                { "variant", "variant" },
        };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(texts) && r >= 0; i++)
                r = column_text(row, texts[i].column, platform, texts[i].member, WIDTH, ret_reason);
        if (r >= 0)
                r = take_features(row, "os_features", platform, "os.features");
        return r < 0 ? r : take_features(row, "features", platform, "features");
}

static int take_listed(json_t *listed, const json_t *manifest, size_t i, char **ret_reason) {
        json_t *row = json_object(), *digest = json_object_get(manifest, "digest");
        const json_t *platform = json_object_get(manifest, "platform");
        _cleanup_(freep) char *reason = NULL;
        char where[64];
        int r;

        if (!row || json_array_append_new(listed, row) < 0)
                return -ENOMEM;
        (void) snprintf(where, sizeof(where), "manifests.%zu.digest", i);
        r = check_digest(digest, where, ret_reason);
        if (r < 0)
                return r;
        if (json_object_set(row, "digest", digest) < 0)
                return -ENOMEM;
        if (platform && !json_is_object(platform))
                return text_error(ret_reason, -EBADMSG, "manifests.%zu.platform is not an object", i);
        r = take_platform(row, platform, &reason);
        return r == -EBADMSG ? text_error(ret_reason, r, "manifests.%zu.platform: %s", i, reason) : r;
}

int docker_list_columns(const json_t *document, const char *text, size_t size, json_t **ret, char **ret_reason) {
        json_t *columns, *manifest, *listed = json_array(), *file = NULL, *manifests;
        size_t i;
        int r;

        r = begin_columns(document, MANIFEST_LIST, &columns, ret_reason);
        if (r < 0) {
                json_decref(listed);
                return r;
        }
        r = json_object_set_new(columns, "listed", listed) < 0 ? -ENOMEM : load(text, size, &file, ret_reason);
        manifests = r >= 0 ? json_object_get(file, "manifests") : NULL;
        if (r >= 0 && !json_is_array(manifests))
                r = text_error(ret_reason, -EBADMSG, "manifests is %s", manifests ? "not a list" : "missing");
        for (i = 0; r >= 0 && (manifest = json_array_get(manifests, i)); i++)
                r = take_listed(listed, manifest, i, ret_reason);
        if (file)
                json_decref(file);
        if (r < 0)
                json_decref(columns);
        else
                *ret = columns;
        return r;
}
