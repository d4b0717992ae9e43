/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "migrations/pulp2to3/package-xml.h"

#include <createrepo_c/createrepo_c.h>
#include <zlib.h>

#include "base/text.h"

/* Source: Pulp 3's setting KEEP_CHANGELOG_LIMIT. */
#define CHANGELOGS_MAX 10

static const char *const snippet_names[] = { "primary", "filelists", "other" };

static int hex_value(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Decodes "\x…"; PostgreSQL wrote it. */
static int decode_bytea(const char *text, uint8_t **ret, size_t *ret_size) {
        size_t length = strlen(text), n = length >= 2 ? (length - 2) / 2 : 0;
        uint8_t *data = malloc(n + 1);

        if (!data)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                data[i] = (uint8_t) (hex_value(text[2 + 2 * i]) << 4 | hex_value(text[3 + 2 * i]));
        *ret = data;
        *ret_size = n;
        return 0;
}

/* Room for some more, with a zero byte after it. */
static int grow(char **text, size_t *allocated) {
        size_t larger = MAX(*allocated * 2, (size_t) 4096);
        char *p;

        if (larger > PACKAGE_XML_BYTES_MAX)
                return -EFBIG;
        p = realloc(*text, larger + 1);
        if (!p)
                return -ENOMEM;
        *text = p;
        *allocated = larger;
        return 0;
}

static int inflate_all(z_stream *z, char **text, size_t *ret_length) {
        size_t allocated = 0;
        int r = 0, status = Z_OK;

        while (r >= 0 && status == Z_OK) {
                if (z->total_out == allocated)
                        r = grow(text, &allocated);
                if (r < 0)
                        return r;
                z->next_out = (uint8_t *) *text + z->total_out;
                z->avail_out = (uInt) (allocated - z->total_out);
                status = inflate(z, Z_NO_FLUSH);
        }
        if (status != Z_STREAM_END)
                return status == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
        (*text)[z->total_out] = 0;
        *ret_length = z->total_out;
        return 0;
}

static int decompress(const char *bytea, char **ret, size_t *ret_length) {
        _cleanup_(freep) uint8_t *data = NULL;
        z_stream z = {};
        size_t size;
        int r;

        r = decode_bytea(bytea, &data, &size);
        if (r < 0)
                return r;
        z.next_in = data;
        z.avail_in = (uInt) size;
        if (inflateInit(&z) != Z_OK)
                return -ENOMEM;
        r = inflate_all(&z, ret, ret_length);
        (void) inflateEnd(&z);
        return r >= 0 && strlen(*ret) != *ret_length ? -EBADMSG : r;
}

/* What a variable stands for; NULL: it is none of ours. */
static const char *variable_value(const PackageXml *xml, const char *name, size_t length) {
        const struct {
                const char *name, *value;
        } variables[] = { { "pkgid", xml->checksum },
                          { "checksum", xml->checksum },
                          { "checksumtype", xml->checksum_type } };

        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                if (strlen(variables[i].name) == length && strncmp(variables[i].name, name, length) == 0)
                        return variables[i].value;
        return NULL;
}

/* Copies a text with the "{{ variables }}" in it filled in. */
static void fill(FILE *f, const PackageXml *xml, const char *text, size_t length) {
        const char *end = text + length;

        while (text < end) {
                const char *open = memmem(text, (size_t) (end - text), "{{", 2),
                           *close = open ? memmem(open, (size_t) (end - open), "}}", 2) : NULL, *name, *value;
                size_t n;

                if (!close)
                        break;
                name = open + 2 + strspn(open + 2, " ");
                n = strcspn(name, " }");
                value = variable_value(xml, name, n);
                (void) fwrite(text, 1, (size_t) ((value ? open : close + 2) - text), f);
                if (value)
                        (void) fputs(value, f);
                text = close + 2;
        }
        (void) fwrite(text, 1, (size_t) (end - text), f);
}

/* The variables are only where Pulp 2 put them: in the element checksum, or in the attributes of the package. A
 * description may have braces of its own. */
static int render(const PackageXml *xml, bool is_primary, const char *template, char **ret) {
        const char *from = strstr(template, is_primary ? "<checksum" : "<package"),
                   *to = from ? strstr(from, is_primary ? "</checksum>" : ">") : NULL;
        size_t size;
        FILE *f;

        *ret = NULL;
        if (!to)
                return -EBADMSG;
        f = open_memstream(ret, &size);
        if (!f)
                return -ENOMEM;
        (void) fwrite(template, 1, (size_t) (from - template), f);
        fill(f, xml, from, (size_t) (to - from));
        (void) fputs(to, f);
        return fclose(f) != 0 ? -ENOMEM : 0;
}

static int read_snippet(const PackageXml *xml, size_t k, char **ret, size_t *bytes, char **ret_reason) {
        _cleanup_(freep) char *template = NULL;
        size_t length = 0;
        int r;

        if (!xml->snippets[k])
                return text_error(ret_reason, -EBADMSG, "field repodata.%s is missing", snippet_names[k]);
        r = decompress(xml->snippets[k], &template, &length);
        if (r == -EFBIG)
                return text_error(ret_reason, -EBADMSG, "field repodata.%s has more than 128 MiB", snippet_names[k]);
        if (r == -EBADMSG)
                return text_error(ret_reason, r, "field repodata.%s is not a text that zlib has compressed",
                                  snippet_names[k]);
        if (r < 0)
                return r;
        *bytes += length;
        r = render(xml, k == 0, template, ret);
        return r == -EBADMSG
                       ? text_error(ret_reason, r, "field repodata.%s has no element of a package", snippet_names[k])
                       : r;
}

/* The one package of the primary snippet. */
static int on_package(cr_Package *package, void *userdata, GError **error) {
        cr_Package **found = userdata;

        if (*found)
                cr_package_free(package);
        else
                *found = package;
        return CR_CB_RET_OK;
}

/* Filelists and other add to it. */
static int on_new_package(cr_Package **package, const char *id, const char *name, const char *arch, void *userdata,
                          GError **error) {
        cr_Package *found = userdata;

        *package = g_strcmp0(found->pkgId, id) == 0 ? found : NULL;
        return CR_CB_RET_OK;
}

/* The library logs the whole XML when it cannot read it; what is wrong is in the reason. */
static void drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer userdata) {
}

/* "Parse error '<the whole XML>' at line: 1 (…)": from the line on. */
static int refuse_xml(size_t k, GError *error, char **ret_reason) {
        char *text = error ? error->message : NULL;

        for (char *at = text; at && (at = strstr(at, "' at line: "));)
                text = at += strlen("' at ");
        for (char *c = text; c && *c; c++)
                if (*c == '\n')
                        *c = ' ';
        return text_error(ret_reason, -EBADMSG, "field repodata.%s: %s", snippet_names[k], text ?: "is not XML");
}

static int parse(char *const texts[static 3], cr_Package **found, char **ret_reason) {
        GError *error = NULL;
        guint handler = g_log_set_handler("C_CREATEREPOLIB", G_LOG_LEVEL_MASK, drop_log, NULL);
        /* The library sets an error over another one, which GLib warns of. */
        guint glib = g_log_set_handler("GLib", G_LOG_LEVEL_WARNING, drop_log, NULL);
        size_t k = 0;
        int r;

        r = cr_xml_parse_primary_snippet(texts[0], NULL, NULL, on_package, found, NULL, NULL, 0, &error);
        if (r == CRE_OK && *found && (*found)->pkgId) {
                k = 1;
                r = cr_xml_parse_filelists_snippet(texts[1], on_new_package, *found, NULL, NULL, NULL, NULL, &error);
        }
        if (r == CRE_OK && k == 1) {
                k = 2;
                r = cr_xml_parse_other_snippet(texts[2], on_new_package, *found, NULL, NULL, NULL, NULL, &error);
        }
        if (r != CRE_OK)
                (void) refuse_xml(k, error, ret_reason);
        else if (k < 2)
                (void) text_error(ret_reason, -EBADMSG, "field repodata.primary has no element of a package");
        g_clear_error(&error);
        g_log_remove_handler("GLib", glib);
        g_log_remove_handler("C_CREATEREPOLIB", handler);
        return r == CRE_OK && k == 2 ? 0 : -EBADMSG;
}

static json_t *make_text(const char *text) {
        return json_string(text ?: "");
}

static json_t *make_text_or_null(const char *text) {
        return text ? json_string(text) : json_null();
}

/* [name, flags, epoch, version, release, pre] */
static json_t *make_dependencies(GSList *list) {
        json_t *array = json_array();

        for (GSList *i = list; i; i = i->next) {
                const cr_Dependency *d = i->data;

                (void) json_array_append_new(array,
                                             json_pack("[o, o, o, o, o, b]", make_text_or_null(d->name),
                                                       make_text_or_null(d->flags), make_text_or_null(d->epoch),
                                                       make_text_or_null(d->version), make_text_or_null(d->release),
                                                       d->pre ? 1 : 0));
        }
        return array;
}

/* [type, path, name]; a regular file has no type. */
static json_t *make_files(GSList *list) {
        json_t *array = json_array();

        for (GSList *i = list; i; i = i->next) {
                const cr_PackageFile *f = i->data;

                (void) json_array_append_new(
                        array, json_pack("[o, o, o]", f->type && *f->type ? json_string(f->type) : json_null(),
                                         make_text_or_null(f->path), make_text_or_null(f->name)));
        }
        return array;
}

static int compare_changelogs(const void *a, const void *b) {
        const cr_ChangelogEntry *x = a, *y = b;

        return x->date < y->date ? -1 : x->date > y->date;
}

/* [author, date, text]: the last ones, in the order of their dates. */
static json_t *make_changelogs(cr_Package *p) {
        json_t *array = json_array();
        guint n;

        /* A stable sort: entries of a day keep their order. */
        p->changelogs = g_slist_sort(p->changelogs, compare_changelogs);
        n = g_slist_length(p->changelogs);
        for (GSList *i = g_slist_nth(p->changelogs, n > CHANGELOGS_MAX ? n - CHANGELOGS_MAX : 0); i; i = i->next) {
                const cr_ChangelogEntry *c = i->data;

                (void) json_array_append_new(array, json_pack("[o, I, o]", make_text_or_null(c->author),
                                                              (json_int_t) c->date, make_text_or_null(c->changelog)));
        }
        return array;
}

static int take_texts(json_t *object, const cr_Package *p) {
        const struct {
                const char *column, *text;
        } texts[] = {
                { "name", p->name },
                { "epoch", p->epoch },
                { "version", p->version },
                { "release", p->release },
                { "arch", p->arch },
                { "pkgId", p->pkgId },
                { "checksum_type", p->checksum_type },
                { "summary", p->summary },
                { "description", p->description },
                { "url", p->url },
                { "location_base", NULL }, /* Pulp 3 serves the packages itself */
                { "location_href", p->location_href },
                { "rpm_buildhost", p->rpm_buildhost },
                { "rpm_group", p->rpm_group },
                { "rpm_license", p->rpm_license },
                { "rpm_packager", p->rpm_packager },
                { "rpm_sourcerpm", p->rpm_sourcerpm },
                { "rpm_vendor", p->rpm_vendor },
        };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                r |= json_object_set_new(object, texts[i].column, make_text(texts[i].text));
        return r;
}

static int take_numbers(json_t *object, const cr_Package *p) {
        const struct {
                const char *column;
                int64_t number;
        } numbers[] = {
                { "rpm_header_start", p->rpm_header_start },
                { "rpm_header_end", p->rpm_header_end },
                { "size_archive", p->size_archive },
                { "size_installed", p->size_installed },
                { "size_package", p->size_package },
                { "time_build", p->time_build },
                { "time_file", p->time_file },
        };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                r |= json_object_set_new(object, numbers[i].column, json_integer(numbers[i].number));
        return r;
}

static int take_lists(json_t *object, cr_Package *p) {
        const struct {
                const char *column;
                GSList *list;
        } dependencies[] = {
                { "requires", p->requires },     { "provides", p->provides },       { "conflicts", p->conflicts },
                { "obsoletes", p->obsoletes },   { "suggests", p->suggests },       { "enhances", p->enhances },
                { "recommends", p->recommends }, { "supplements", p->supplements },
        };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(dependencies); i++)
                r |= json_object_set_new(object, dependencies[i].column, make_dependencies(dependencies[i].list));
        r |= json_object_set_new(object, "files", make_files(p->files));
        return r | json_object_set_new(object, "changelogs", make_changelogs(p));
}

int package_xml_read(const PackageXml *xml, json_t **ret, size_t *ret_bytes, char **ret_reason) {
        char *texts[3] = {};
        cr_Package *package = NULL;
        json_t *object = NULL;
        int r = 0;

        *ret_bytes = 0;
        for (size_t k = 0; k < ELEMENTSOF(texts) && r >= 0; k++)
                r = read_snippet(xml, k, &texts[k], ret_bytes, ret_reason);
        if (r >= 0)
                r = parse(texts, &package, ret_reason);
        if (r >= 0) {
                object = json_object();
                if (take_texts(object, package) < 0 || take_numbers(object, package) < 0 ||
                    take_lists(object, package) < 0)
                        r = text_error(ret_reason, -EBADMSG, "field repodata has a text that is not UTF-8");
        }
        for (size_t k = 0; k < ELEMENTSOF(texts); k++)
                free(texts[k]);
        cr_package_free(package);
        if (r < 0)
                json_decref(object);
        else
                *ret = object;
        return r;
}
