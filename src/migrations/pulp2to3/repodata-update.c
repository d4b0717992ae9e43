/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <jansson.h>

#include "base/text.h"
#include "migrations/pulp2to3/repodata-package.h"

static char *member_text(GStringChunk *chunk, const json_t *object, const char *name) {
        return repodata_text(chunk, json_string_value(json_object_get(object, name)));
}

static bool member_flag(const json_t *object, const char *name) {
        return json_is_true(json_object_get(object, name));
}

static cr_UpdateCollectionPackage *make_package(const json_t *item) {
        cr_UpdateCollectionPackage *p = cr_updatecollectionpackage_new();
        const char *sum = json_string_value(json_object_get(item, "sum"));
        const json_t *sum_type = json_object_get(item, "sum_type");

        p->name = member_text(p->chunk, item, "name");
        p->version = member_text(p->chunk, item, "version");
        p->release = member_text(p->chunk, item, "release");
        p->epoch = member_text(p->chunk, item, "epoch");
        p->arch = member_text(p->chunk, item, "arch");
        p->src = member_text(p->chunk, item, "src");
        p->filename = member_text(p->chunk, item, "filename");
        p->reboot_suggested = member_flag(item, "reboot_suggested");
        p->restart_suggested = member_flag(item, "restart_suggested");
        p->relogin_suggested = member_flag(item, "relogin_suggested");
        /* The column has the library's own number; a sum of no known type says nothing. */
        if (sum && *sum && json_integer_value(sum_type) > CR_CHECKSUM_UNKNOWN &&
            json_integer_value(sum_type) < CR_CHECKSUM_SENTINEL) {
                p->sum = repodata_text(p->chunk, sum);
                p->sum_type = (cr_ChecksumType) json_integer_value(sum_type);
        }
        return p;
}

static cr_UpdateCollectionModule *make_module(const json_t *item) {
        cr_UpdateCollectionModule *m = cr_updatecollectionmodule_new();

        m->name = member_text(m->chunk, item, "name");
        m->stream = member_text(m->chunk, item, "stream");
        m->version = (guint64) json_integer_value(json_object_get(item, "version"));
        m->context = member_text(m->chunk, item, "context");
        m->arch = member_text(m->chunk, item, "arch");
        return m;
}

static cr_UpdateCollection *make_collection(const json_t *item) {
        cr_UpdateCollection *c = cr_updatecollection_new();
        const json_t *module = json_object_get(item, "module"), *package;
        size_t i;

        c->name = member_text(c->chunk, item, "name");
        c->shortname = member_text(c->chunk, item, "shortname");
        if (json_is_object(module))
                c->module = make_module(module);
        json_array_foreach(json_object_get(item, "packages"), i, package)
                cr_updatecollection_append_package(c, make_package(package));
        return c;
}

static cr_UpdateReference *make_reference(const json_t *item) {
        cr_UpdateReference *reference = cr_updatereference_new();

        reference->href = member_text(reference->chunk, item, "href");
        reference->id = member_text(reference->chunk, item, "ref_id");
        reference->title = member_text(reference->chunk, item, "title");
        reference->type = member_text(reference->chunk, item, "ref_type");
        return reference;
}

static void fill_texts(cr_UpdateRecord *u, const char *const columns[static _UPDATE_MAX]) {
        const struct {
                int column;
                char **to;
        } texts[] = {
                { UPDATE_ID, &u->id },
                { UPDATE_UPDATED, &u->updated_date },
                { UPDATE_ISSUED, &u->issued_date },
                { UPDATE_DESCRIPTION, &u->description },
                { UPDATE_FROM, &u->from },
                { UPDATE_STATUS, &u->status },
                { UPDATE_TITLE, &u->title },
                { UPDATE_SUMMARY, &u->summary },
                { UPDATE_VERSION, &u->version },
                { UPDATE_TYPE, &u->type },
                { UPDATE_SEVERITY, &u->severity },
                { UPDATE_SOLUTION, &u->solution },
                { UPDATE_RELEASE, &u->release },
                { UPDATE_RIGHTS, &u->rights },
                { UPDATE_PUSHCOUNT, &u->pushcount },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                *texts[i].to = repodata_text(u->chunk, columns[texts[i].column]);
        u->reboot_suggested = streq_ptr(columns[UPDATE_REBOOT], "t");
}

int update_new(const char *const columns[static _UPDATE_MAX], cr_UpdateRecord **ret, char **ret_error) {
        _cleanup_(update_freep) cr_UpdateRecord *u = cr_updaterecord_new();
        json_auto_t *collections = json_loads(columns[UPDATE_COLLECTIONS] ?: "[]", 0, NULL),
                    *references = json_loads(columns[UPDATE_REFERENCES] ?: "[]", 0, NULL);
        const json_t *item;
        size_t i;

        if (!json_is_array(collections) || !json_is_array(references))
                return text_error(ret_error, -EBADMSG, "%s is not a JSON array",
                                  json_is_array(references) ? "collections" : "references");
        fill_texts(u, columns);
        json_array_foreach(references, i, item) cr_updaterecord_append_reference(u, make_reference(item));
        json_array_foreach(collections, i, item) cr_updaterecord_append_collection(u, make_collection(item));
        *ret = TAKE_PTR(u);
        return 0;
}
