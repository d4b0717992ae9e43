/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "migrations/pulp2to3/repodata.h"

#include <createrepo_c/error.h>
#include <createrepo_c/repomd.h>
#include <createrepo_c/sqlite.h>
#include <createrepo_c/xml_dump.h>
#include <createrepo_c/xml_file.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

enum { PART_PRIMARY, PART_FILELISTS, PART_OTHER, PART_UPDATEINFO, _PART_MAX };

/* Those with packages: the same have a database. */
#define PART_PACKAGES_MAX PART_UPDATEINFO

typedef struct Part {
        const char *type, *file_name, *database_type, *database_name;
        cr_XmlFileType xml_type;
        cr_DatabaseType database;
} Part;

static const Part parts[_PART_MAX] = {
        [PART_PRIMARY] = { "primary", "primary.xml.gz", "primary_db", "primary.sqlite", CR_XMLFILE_PRIMARY,
                           CR_DB_PRIMARY },
        [PART_FILELISTS] = { "filelists", "filelists.xml.gz", "filelists_db", "filelists.sqlite",
                             CR_XMLFILE_FILELISTS, CR_DB_FILELISTS },
        [PART_OTHER] = { "other", "other.xml.gz", "other_db", "other.sqlite", CR_XMLFILE_OTHER, CR_DB_OTHER },
        [PART_UPDATEINFO] = { .type = "updateinfo",
                              .file_name = "updateinfo.xml.gz",
                              .xml_type = CR_XMLFILE_UPDATEINFO },
};

struct Repodata {
        char *directory;
        cr_ChecksumType checksum;
        bool sqlite;
        int64_t timestamp;
        cr_XmlFile *xml[_PART_MAX];
        cr_SqliteDb *databases[PART_PACKAGES_MAX];
        cr_Repomd *repomd;
        /* Of the databases before they were compressed: the others' records have strings of theirs. */
        cr_RepomdRecord *plain[PART_PACKAGES_MAX];
};

/* Takes error over. */
static int library_error(const Repodata *r, const char *what, GError *error, char **ret_error) {
        int code = error && error->code == CRE_XMLDATA ? -EBADMSG : -EIO;

        (void) text_error(ret_error, code, "%s/%s: %s", r->directory, what,
                          error ? error->message : "libcreaterepo-c failed without a reason");
        g_clear_error(&error);
        return code;
}

static char *path_of(const Repodata *r, const char *name) {
        return text_format("%s/%s", r->directory, name);
}

const char *repodata_checksum_type(const char *type) {
        static const char *const known[] = { "md5", "sha1", "sha224", "sha256", "sha384", "sha512" };

        if (streq(type, "sha"))
                return "sha1";
        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (streq(type, known[i]))
                        return known[i];
        return NULL;
}

static int open_xml(Repodata *r, size_t part, int64_t n_packages, char **ret_error) {
        _cleanup_(freep) char *path = path_of(r, parts[part].file_name);
        GError *error = NULL;

        if (!path)
                return -ENOMEM;
        r->xml[part] = cr_xmlfile_sopen(path, parts[part].xml_type, CR_CW_GZ_COMPRESSION, NULL, &error);
        if (!r->xml[part] || (part < PART_PACKAGES_MAX &&
                              cr_xmlfile_set_num_of_pkgs(r->xml[part], (long) n_packages, &error) != CRE_OK))
                return library_error(r, parts[part].file_name, error, ret_error);
        return 0;
}

static int open_database(Repodata *r, size_t part, char **ret_error) {
        _cleanup_(freep) char *path = path_of(r, parts[part].database_name);
        GError *error = NULL;

        if (!path)
                return -ENOMEM;
        r->databases[part] = cr_db_open(path, parts[part].database, &error);
        return r->databases[part] ? 0 : library_error(r, parts[part].database_name, error, ret_error);
}

static int set_up(Repodata *r, const char *directory, int64_t n_packages, bool empty, char **ret_error) {
        char revision[24] = "0";
        int rc = 0;

        r->directory = strdup(directory);
        r->repomd = cr_repomd_new();
        if (!r->directory || !r->repomd)
                return -ENOMEM;
        /* Of an empty repository Pulp says 0: clients take it for older than any other. */
        if (!empty)
                (void) snprintf(revision, sizeof(revision), "%" PRId64, r->timestamp);
        cr_repomd_set_revision(r->repomd, revision);
        for (size_t i = 0; i < _PART_MAX && rc >= 0; i++)
                rc = open_xml(r, i, n_packages, ret_error);
        for (size_t i = 0; i < PART_PACKAGES_MAX && r->sqlite && rc >= 0; i++)
                rc = open_database(r, i, ret_error);
        return rc;
}

int repodata_new(const char *directory, const char *checksum_type, bool sqlite, int64_t n_packages, int64_t timestamp,
                 bool empty, Repodata **ret, char **ret_error) {
        _cleanup_(repodata_freep) Repodata *r = calloc(1, sizeof(*r));
        int rc;

        if (!r)
                return -ENOMEM;
        *r = (Repodata){ .checksum = cr_checksum_type(checksum_type), .sqlite = sqlite, .timestamp = timestamp };
        if (!repodata_checksum_type(checksum_type) || r->checksum == CR_CHECKSUM_UNKNOWN)
                return text_error(ret_error, -EINVAL, "unknown checksum type %s", checksum_type);
        cr_xml_dump_init();
        rc = set_up(r, directory, n_packages, empty, ret_error);
        if (rc < 0)
                return rc;
        *ret = TAKE_PTR(r);
        return 0;
}

Repodata *repodata_free(Repodata *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < _PART_MAX; i++)
                if (r->xml[i])
                        (void) cr_xmlfile_close(r->xml[i], NULL);
        for (size_t i = 0; i < PART_PACKAGES_MAX; i++)
                if (r->databases[i])
                        (void) cr_db_close(r->databases[i], NULL);
        if (r->repomd)
                cr_repomd_free(r->repomd);
        for (size_t i = 0; i < PART_PACKAGES_MAX; i++)
                if (r->plain[i])
                        cr_repomd_record_free(r->plain[i]);
        free(r->directory);
        free(r);
        return NULL;
}

int repodata_add_package(Repodata *r, cr_Package *package, char **ret_error) {
        GError *error = NULL;

        for (size_t i = 0; i < PART_PACKAGES_MAX; i++)
                if (cr_xmlfile_add_pkg(r->xml[i], package, &error) != CRE_OK)
                        return library_error(r, parts[i].file_name, error, ret_error);
        for (size_t i = 0; i < PART_PACKAGES_MAX && r->sqlite; i++)
                if (cr_db_add_pkg(r->databases[i], package, &error) != CRE_OK)
                        return library_error(r, parts[i].database_name, error, ret_error);
        return 0;
}

int repodata_add_update(Repodata *r, cr_UpdateRecord *record, char **ret_error) {
        GError *error = NULL;
        char *chunk;
        int rc = 0;

        chunk = cr_xml_dump_updaterecord(record, &error);
        if (!chunk || cr_xmlfile_add_chunk(r->xml[PART_UPDATEINFO], chunk, &error) != CRE_OK)
                rc = library_error(r, parts[PART_UPDATEINFO].file_name, error, ret_error);
        g_free(chunk);
        return rc;
}

/* Renames the record's file and puts it into repomd, which takes the record over also after a failure. */
static int take_record(Repodata *r, cr_RepomdRecord *record, char **ret_error) {
        GError *error = NULL;

        cr_repomd_set_record(r->repomd, record);
        if (cr_repomd_record_rename_file(record, &error) != CRE_OK)
                return library_error(r, record->type, error, ret_error);
        cr_repomd_record_set_timestamp(record, r->timestamp);
        return 0;
}

static int add_record(Repodata *r, const char *type, const char *name, char **ret_error) {
        _cleanup_(freep) char *path = path_of(r, name);
        cr_RepomdRecord *record;
        GError *error = NULL;

        if (!path)
                return -ENOMEM;
        record = cr_repomd_record_new(type, path);
        if (cr_repomd_record_fill(record, r->checksum, &error) != CRE_OK) {
                cr_repomd_record_free(record);
                return library_error(r, name, error, ret_error);
        }
        return take_record(r, record, ret_error);
}

/* The compressed database becomes a file of its own; the other one is not needed any more. */
static int add_database_record(Repodata *r, size_t part, char **ret_error) {
        _cleanup_(freep) char *path = path_of(r, parts[part].database_name);
        cr_RepomdRecord *compressed;
        GError *error = NULL;
        int rc;

        if (!path)
                return -ENOMEM;
        r->plain[part] = cr_repomd_record_new(parts[part].database_type, path);
        compressed = cr_repomd_record_new(parts[part].database_type, NULL);
        rc = cr_repomd_record_compress_and_fill(r->plain[part], compressed, r->checksum, CR_CW_BZ2_COMPRESSION, NULL,
                                                &error);
        (void) unlink(path);
        if (rc != CRE_OK) {
                cr_repomd_record_free(compressed);
                return library_error(r, parts[part].database_name, error, ret_error);
        }
        compressed->db_ver = CR_DB_CACHE_DBVERSION;
        return take_record(r, compressed, ret_error);
}

static int close_xml(Repodata *r, size_t part, char **ret_error) {
        GError *error = NULL;
        int rc;

        rc = cr_xmlfile_close(TAKE_PTR(r->xml[part]), &error);
        return rc == CRE_OK ? add_record(r, parts[part].type, parts[part].file_name, ret_error)
                            : library_error(r, parts[part].file_name, error, ret_error);
}

/* The database holds the checksum of the XML file that says the same. */
static int close_database(Repodata *r, size_t part, char **ret_error) {
        const cr_RepomdRecord *xml = cr_repomd_get_record(r->repomd, parts[part].type);
        GError *error = NULL;
        int rc;

        rc = cr_db_dbinfo_update(r->databases[part], xml->checksum, &error);
        if (rc == CRE_OK)
                rc = cr_db_close(TAKE_PTR(r->databases[part]), &error);
        return rc == CRE_OK ? 0 : library_error(r, parts[part].database_name, error, ret_error);
}

int repodata_close(Repodata *r, char **ret_error) {
        int rc = 0;

        for (size_t i = 0; i < PART_PACKAGES_MAX && rc >= 0; i++) {
                rc = close_xml(r, i, ret_error);
                if (rc >= 0 && r->sqlite)
                        rc = close_database(r, i, ret_error);
        }
        for (size_t i = 0; i < PART_PACKAGES_MAX && r->sqlite && rc >= 0; i++)
                rc = add_database_record(r, i, ret_error);
        return rc < 0 ? rc : close_xml(r, PART_UPDATEINFO, ret_error);
}

int repodata_add_file(Repodata *r, const char *type, const char *name, char **ret_error) {
        if (cr_repomd_get_record(r->repomd, type))
                return -EEXIST;
        return add_record(r, type, name, ret_error);
}

int repodata_finish(Repodata *r, char **ret_error) {
        _cleanup_(freep) char *path = path_of(r, "repomd.xml");
        GError *error = NULL;
        char *text;
        FILE *f;
        int rc = 0;

        if (!path)
                return -ENOMEM;
        text = cr_xml_dump_repomd(r->repomd, &error);
        if (!text)
                return library_error(r, "repomd.xml", error, ret_error);
        f = fopen(path, "wxe");
        if (!f || fputs(text, f) < 0)
                rc = -errno;
        if (f && fclose(f) != 0)
                rc = -errno;
        g_free(text);
        return rc < 0 ? text_error(ret_error, rc, "%s: %s", path, strerror(-rc)) : 0;
}

int repodata_each(Repodata *r, int (*file)(const char *name, void *userdata), void *userdata) {
        int rc = 0;

        for (GSList *i = r->repomd->records; i && rc >= 0; i = i->next) {
                const cr_RepomdRecord *record = i->data;
                const char *slash = strrchr(record->location_href, '/');

                rc = file(slash ? slash + 1 : record->location_href, userdata);
        }
        return rc < 0 ? rc : file("repomd.xml", userdata);
}
