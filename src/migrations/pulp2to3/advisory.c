/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "migrations/pulp2to3/advisory.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/repodata-package.h"

#include <createrepo_c/xml_dump.h>

/* Columns of text and the fields that they are of. id is a varchar(255). */
static const struct {
        const char *column, *field;
        size_t longest;
        int update; /* UPDATE_* */
} texts[] = {
        { "id", "errata_id", 255, UPDATE_ID },
        { "updated_date", "updated", 0, UPDATE_UPDATED },
        { "issued_date", "issued", 0, UPDATE_ISSUED },
        { "description", "description", 0, UPDATE_DESCRIPTION },
        { "fromstr", "from", 0, UPDATE_FROM },
        { "status", "status", 0, UPDATE_STATUS },
        { "title", "title", 0, UPDATE_TITLE },
        { "summary", "summary", 0, UPDATE_SUMMARY },
        { "version", "version", 0, UPDATE_VERSION },
        { "type", "type", 0, UPDATE_TYPE },
        { "severity", "severity", 0, UPDATE_SEVERITY },
        { "solution", "solution", 0, UPDATE_SOLUTION },
        { "release", "release", 0, UPDATE_RELEASE },
        { "rights", "rights", 0, UPDATE_RIGHTS },
        { "pushcount", "pushcount", 0, UPDATE_PUSHCOUNT },
};

char *advisory_date(const char *text) {
        size_t n = strlen(text);
        uint64_t seconds;
        struct tm tm;
        char *end, buffer[32];

        if (n > 4 && streq(text + n - 4, " UTC"))
                return strndup(text, n - 4);
        if (text_parse_u64(text, &seconds) >= 0 && seconds <= UINT32_MAX) {
                time_t t = (time_t) seconds;

                return gmtime_r(&t, &tm) && strftime(buffer, sizeof(buffer), "%Y-%m-%d %H:%M:%S", &tm) > 0
                               ? strdup(buffer)
                               : NULL;
        }
        tm = (struct tm){};
        end = n == strlen("2014-07-20") ? strptime(text, "%Y-%m-%d", &tm) : NULL;
        return end && !*end ? text_format("%s 00:00:00", text) : strdup(text);
}

static int take_date(json_t *columns, const char *column) {
        const char *text = json_string_value(json_object_get(columns, column));
        _cleanup_(freep) char *date = advisory_date(text);

        return date && json_object_set_new(columns, column, json_string(date)) >= 0 ? 0 : -ENOMEM;
}

static int add_reference(json_t *references, const json_t *item, char **ret_reason) {
        json_auto_t *reference = json_object();
        int r = reference ? 0 : -ENOMEM;

        if (r >= 0)
                r = column_text(reference, "href", item, "href", 0, ret_reason);
        if (r >= 0)
                r = column_text_null(reference, "ref_id", item, "id", 0, ret_reason);
        if (r >= 0)
                r = column_text_null(reference, "title", item, "title", 0, ret_reason);
        if (r >= 0)
                r = column_text(reference, "ref_type", item, "type", 0, ret_reason);
        return r < 0 || json_array_append(references, reference) >= 0 ? r : -ENOMEM;
}

static int take_references(json_t *columns, const json_t *document, char **ret_reason) {
        const json_t *array = json_object_get(document, "references"), *item;
        json_t *references = json_array();
        size_t i;
        int r = references && json_object_set_new(columns, "references", references) >= 0 ? 0 : -ENOMEM;

        if (r >= 0 && array && !json_is_null(array) && !json_is_array(array))
                return text_error(ret_reason, -EBADMSG, "field references is not an array");
        json_array_foreach(array, i, item) {
                _cleanup_(freep) char *reason = NULL;

                if (r >= 0 && !json_is_object(item))
                        return text_error(ret_reason, -EBADMSG, "field references.%zu is not a document", i);
                if (r >= 0)
                        r = add_reference(references, item, &reason);
                if (r == -EBADMSG)
                        return text_error(ret_reason, r, "in references.%zu: %s", i, reason);
        }
        return r;
}

int advisory_columns(const json_t *document, json_t **ret, char **ret_reason) {
        json_auto_t *columns = json_object();
        int r = columns ? 0 : -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(texts) && r >= 0; i++)
                r = column_text(columns, texts[i].column, document, texts[i].field, texts[i].longest, ret_reason);
        if (r >= 0)
                r = take_date(columns, "updated_date");
        if (r >= 0)
                r = take_date(columns, "issued_date");
        if (r >= 0)
                r = column_flag(columns, "reboot_suggested", document, "reboot_suggested", ret_reason);
        if (r >= 0)
                r = take_references(columns, document, ret_reason);
        if (r >= 0)
                *ret = TAKE_PTR(columns);
        return r;
}

static int digest_record(cr_UpdateRecord *record, char ret[static ADVISORY_DIGEST_SIZE], char **ret_reason) {
        cr_UpdateInfo *updateinfo = cr_updateinfo_new();
        unsigned char digest[EVP_MAX_MD_SIZE];
        GError *error = NULL;
        size_t n = 0;
        char *xml;
        int r = 0;

        cr_updateinfo_apped_record(updateinfo, record);
        xml = cr_xml_dump_updateinfo(updateinfo, &error);
        if (!xml)
                r = text_error(ret_reason, -EBADMSG, "it cannot be written as XML: %s",
                               error ? error->message : "libcreaterepo_c refuses");
        else if (!EVP_Q_digest(NULL, "SHA256", NULL, xml, strlen(xml), digest, &n))
                r = -EIO;
        else
                hex_format(digest, n, ret);
        g_clear_error(&error);
        g_free(xml);
        /* With its record. */
        cr_updateinfo_free(updateinfo);
        return r;
}

int advisory_digest(const json_t *columns, const char *collections, char ret[static ADVISORY_DIGEST_SIZE],
                    char **ret_reason) {
        _cleanup_(freep) char *references = json_dumps(json_object_get(columns, "references"), JSON_COMPACT);
        const char *values[_UPDATE_MAX] = {};
        cr_UpdateRecord *record;
        int r;

        if (!references)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                values[texts[i].update] = json_string_value(json_object_get(columns, texts[i].column));
        values[UPDATE_REBOOT] = json_is_true(json_object_get(columns, "reboot_suggested")) ? "t" : "f";
        values[UPDATE_COLLECTIONS] = collections;
        values[UPDATE_REFERENCES] = references;
        r = update_new(values, &record, ret_reason);
        return r < 0 ? r : digest_record(record, ret, ret_reason);
}
