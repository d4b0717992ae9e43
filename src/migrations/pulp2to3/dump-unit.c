/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/dump-unit.h"

#include "base/text.h"
#include "migrations/pulp2to3/dump-field.h"
#include "migrations/pulp2to3/dump-json.h"
#include "migrations/pulp2to3/hex.h"

#define FIELDS_MAX 12
/* Between the fields of a key: sorts before everything that a name may have. */
#define KEY_SEPARATOR "\x1f"

struct UnitKind {
        const char *collection; /* units_TYPE */
        const char *plugin;
        size_t n_key;             /* so many of the fields make the natural key */
        Field fields[FIELDS_MAX]; /* have to be as they say; up to one without name */
        const char *repository;   /* field that names the one repository the unit belongs to; NULL: none */
        const char *const *keep;  /* fields that the document keeps; NULL: all */
        bool has_snippets;
};

static const char *const package_fields[] = { "name",     "epoch",        "version",      "release",
                                              "arch",     "checksum",     "checksumtype", "size",
                                              "filename", "relativepath", "is_modular",   NULL };

/* What every unit has, and what Pulp 2 keeps for itself. */
static const char *const omitted[] = { "_id", "_last_updated",      "_storage_path", "_content_type_id",
                                       "_ns", "pulp_user_metadata", "downloaded",    NULL };

#define PACKAGE                                                                                         \
        {                                                                                               \
                { "name", FIELD_NAME, NULL, true }, { "epoch", FIELD_SCALAR, "0", false },              \
                        { "version", FIELD_NAME, NULL, true }, { "release", FIELD_NAME, NULL, true },   \
                        { "arch", FIELD_NAME, NULL, true }, { "checksumtype", FIELD_NAME, NULL, true }, \
                        { "checksum", FIELD_HEX, NULL, true }, { "filename", FIELD_NAME, NULL, true },  \
                        { "size", FIELD_INTEGER, NULL, true }, {                                        \
                        "is_modular", FIELD_BOOL, NULL, false                                           \
                }                                                                                       \
        }

static const UnitKind kinds[] = {
        { "units_rpm", "rpm", 7, PACKAGE, NULL, package_fields, true },
        { "units_srpm", "rpm", 7, PACKAGE, NULL, package_fields, true },
        { "units_erratum", "rpm", 1, { { "errata_id", FIELD_NAME, NULL, true } }, NULL, NULL, false },
        { "units_modulemd",
          "rpm",
          5,
          { { "name", FIELD_NAME, NULL, true },
            { "stream", FIELD_NAME, NULL, true },
            { "version", FIELD_SCALAR, NULL, true },
            { "context", FIELD_NAME, NULL, true },
            { "arch", FIELD_NAME, NULL, true },
            { "checksum", FIELD_SHA256, NULL, false } },
          NULL,
          NULL,
          false },
        { "units_modulemd_defaults",
          "rpm",
          3,
          { { "name", FIELD_NAME, NULL, true },
            { "stream", FIELD_TEXT, NULL, false },
            { "repo_id", FIELD_NAME, NULL, true },
            { "checksum", FIELD_SHA256, NULL, true } },
          "repo_id",
          NULL,
          false },
        { "units_distribution", "rpm", 1, { { "distribution_id", FIELD_NAME, NULL, true } }, NULL, NULL, false },
        { "units_yum_repo_metadata_file",
          "rpm",
          3,
          { { "data_type", FIELD_NAME, NULL, true },
            { "repo_id", FIELD_NAME, NULL, true },
            { "checksum", FIELD_HEX, NULL, true },
            { "checksum_type", FIELD_NAME, NULL, true } },
          "repo_id",
          NULL,
          false },
        { "units_package_langpacks", "rpm", 1, { { "repo_id", FIELD_NAME, NULL, true } }, "repo_id", NULL, false },
        { "units_package_group",
          "rpm",
          2,
          { { "package_group_id", FIELD_NAME, NULL, true }, { "repo_id", FIELD_NAME, NULL, true } },
          "repo_id",
          NULL,
          false },
        { "units_package_category",
          "rpm",
          2,
          { { "package_category_id", FIELD_NAME, NULL, true }, { "repo_id", FIELD_NAME, NULL, true } },
          "repo_id",
          NULL,
          false },
        { "units_package_environment",
          "rpm",
          2,
          { { "package_environment_id", FIELD_NAME, NULL, true }, { "repo_id", FIELD_NAME, NULL, true } },
          "repo_id",
          NULL,
          false },
        { "units_deb",
          "deb",
          2,
          { { "filename", FIELD_NAME, NULL, true },
            { "checksum", FIELD_HEX, NULL, true },
            { "checksumtype", FIELD_NAME, NULL, true },
            { "size", FIELD_INTEGER, NULL, true } },
          NULL,
          NULL,
          false },
        { "units_deb_release",
          "deb",
          4,
          { { "codename", FIELD_TEXT, NULL, false },
            { "suite", FIELD_TEXT, NULL, false },
            { "distribution", FIELD_NAME, NULL, true },
            { "repoid", FIELD_NAME, NULL, true } },
          "repoid",
          NULL,
          false },
        { "units_deb_component",
          "deb",
          4,
          { { "distribution", FIELD_NAME, NULL, true },
            { "release", FIELD_TEXT, NULL, false },
            { "name", FIELD_NAME, NULL, true },
            { "repoid", FIELD_NAME, NULL, true } },
          "repoid",
          NULL,
          false },
        { "units_docker_blob", "docker", 1, { { "digest", FIELD_NAME, NULL, true } }, NULL, NULL, false },
        { "units_docker_manifest",
          "docker",
          1,
          { { "digest", FIELD_NAME, NULL, true }, { "schema_version", FIELD_INTEGER, NULL, true } },
          NULL,
          NULL,
          false },
        { "units_docker_manifest_list",
          "docker",
          1,
          { { "digest", FIELD_NAME, NULL, true }, { "schema_version", FIELD_INTEGER, NULL, true } },
          NULL,
          NULL,
          false },
        { "units_docker_tag",
          "docker",
          3,
          { { "name", FIELD_NAME, NULL, true },
            { "manifest_digest", FIELD_NAME, NULL, true },
            { "repo_id", FIELD_NAME, NULL, true } },
          "repo_id",
          NULL,
          false },
};

const UnitKind *unit_kind_get(size_t i) {
        return i < ELEMENTSOF(kinds) ? &kinds[i] : NULL;
}

const UnitKind *unit_kind_of_collection(const char *collection) {
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].collection, collection))
                        return &kinds[i];
        return NULL;
}

const char *unit_kind_collection(const UnitKind *kind) {
        return kind->collection;
}

const char *unit_kind_type(const UnitKind *kind) {
        return kind->collection + strlen("units_");
}

const char *unit_kind_plugin(const UnitKind *kind) {
        return kind->plugin;
}

static int take_key(const UnitKind *kind, const bson_t *document, char **ret, char **ret_reason) {
        int r = 0;

        for (size_t i = 0; i < FIELDS_MAX && kind->fields[i].name && r >= 0; i++) {
                char buffer[FIELD_BUFFER_SIZE], *longer;
                const char *value;

                r = field_take(document, &kind->fields[i], buffer, &value, ret_reason);
                if (r < 0 || i >= kind->n_key)
                        continue;
                longer = text_format("%s%s%s", *ret ?: "", i > 0 ? KEY_SEPARATOR : "", value ?: "");
                free(*ret);
                *ret = longer;
                r = longer ? 0 : -ENOMEM;
        }
        return r;
}

/* As PostgreSQL reads a bytea. */
static char *make_hex(const uint8_t *data, size_t size) {
        char *text = malloc(2 * size + 3);

        if (!text)
                return NULL;
        text[0] = '\\';
        text[1] = 'x';
        hex_format(data, size, text + 2);
        return text;
}

/* A snippet that is missing is found out when the unit is migrated: it may be in no repository of the plan. */
static int take_snippets(const bson_t *document, UnitTexts *texts, char **ret_reason) {
        static const char *const paths[] = { "repodata.primary", "repodata.filelists", "repodata.other" };

        for (size_t k = 0; k < ELEMENTSOF(paths); k++) {
                bson_iter_t i, value;
                bson_subtype_t subtype;
                const uint8_t *data;
                uint32_t size;

                if (!bson_iter_init(&i, document) || !bson_iter_find_descendant(&i, paths[k], &value) ||
                    BSON_ITER_HOLDS_NULL(&value))
                        continue;
                if (!BSON_ITER_HOLDS_BINARY(&value))
                        return text_error(ret_reason, -EBADMSG, "field %s is %s, not binary", paths[k],
                                          field_type_name(&value));
                bson_iter_binary(&value, &subtype, &size, &data);
                texts->snippets[k] = make_hex(data, size);
                if (!texts->snippets[k])
                        return -ENOMEM;
        }
        return 0;
}

int unit_kind_take(const UnitKind *kind, const bson_t *document, UnitTexts *texts,
                   const char *columns[static DUMP_COLUMNS_MAX], char **ret_reason) {
        const Field common[] = {
                { "_id", FIELD_NAME, NULL, true },
                { "_last_updated", FIELD_INTEGER, NULL, true },
                { "_storage_path", FIELD_TEXT, NULL, false },
                /* Units from before Pulp 2 knew on-demand content were all downloaded. */
                { "downloaded", FIELD_BOOL, "t", false },
                { "size", FIELD_INTEGER, "0", false },
        };
        const Field repository = { kind->repository, FIELD_NAME, NULL, true };
        int r = 0;

        for (size_t i = 0; i < DUMP_COLUMNS_MAX; i++)
                columns[i] = NULL;
        columns[UNIT_TYPE] = unit_kind_type(kind);
        for (size_t i = 0; i < ELEMENTSOF(common) && r >= 0; i++)
                r = field_take(document, &common[i], texts->numbers[i], &columns[UNIT_ID + i], ret_reason);
        if (r >= 0 && kind->repository)
                r = field_take(document, &repository, texts->numbers[0], &columns[UNIT_REPOSITORY], ret_reason);
        if (r >= 0)
                r = take_key(kind, document, &texts->key, ret_reason);
        if (r >= 0)
                r = dump_json_text(document, omitted, kind->keep, &texts->document, ret_reason);
        if (r >= 0 && kind->has_snippets)
                r = take_snippets(document, texts, ret_reason);
        columns[UNIT_KEY] = texts->key;
        columns[UNIT_DOCUMENT] = texts->document;
        for (size_t k = 0; k < ELEMENTSOF(texts->snippets); k++)
                columns[UNIT_PRIMARY + k] = texts->snippets[k];
        return r;
}

void unit_texts_done(UnitTexts *texts) {
        free(texts->key);
        free(texts->document);
        for (size_t k = 0; k < ELEMENTSOF(texts->snippets); k++)
                free(texts->snippets[k]);
        *texts = (UnitTexts){};
}
