/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-collections.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>

#include "base/text.h"

/* As on a server of Pulp 2.21 with all its plugins and without consumers. */
const SampleCollection sample_collections[] = {
        { "celery_beat_lock", "!lock" },
        { "content_types", "!-id" },
        { "deferred_download", "!unit_id,unit_type_id" },
        { "erratum_pkglists", "errata_id !errata_id,repo_id" },
        { "event_listeners", "!-id" },
        { "lazy_content_catalog", "importer_id !-path,-importer_id,-revision unit_id,unit_type_id" },
        { "migration_trackers", "!name" },
        { "permissions", "!-resource" },
        { "repo_content_units", "!repo_id,unit_type_id,unit_id unit_id !-repo_id,-unit_type_id,-unit_id "
                                "-repo_id,-unit_type_id -unit_type_id,-created -unit_id" },
        { "repo_distributors", "!-repo_id,-distributor_id" },
        { "repo_importers", "!-repo_id,-importer_type_id" },
        { "repo_publish_results", "!-id" },
        { "repo_sync_results", "!-id" },
        { "repos", "!-repo_id" },
        { "reserved_resources", "-worker_name -resource_id" },
        { "resource_manager_lock", "!lock" },
        { "roles", "!-id" },
        { "scheduled_calls", "-resource -last_updated" },
        { "task_status", "-tags -state !-task_id -group_id" },
        { "units_deb", "downloaded name version architecture checksumtype checksum "
                       "!name,version,architecture,checksumtype,checksum" },
        { "units_deb_component", "name distribution repoid !name,distribution,repoid" },
        { "units_deb_release", "distribution repoid !distribution,repoid" },
        { "units_distribution", "downloaded distribution_id family variant version arch "
                                "!distribution_id,family,variant,version,arch" },
        { "units_docker_blob", "downloaded !digest" },
        { "units_docker_image", "downloaded !image_id" },
        { "units_docker_manifest", "downloaded !digest" },
        { "units_docker_manifest_list", "downloaded !digest" },
        { "units_docker_tag", "!name,repo_id,schema_version,manifest_type" },
        { "units_drpm", "downloaded epoch version release filename checksum "
                        "!epoch,version,release,filename,checksumtype,checksum" },
        { "units_erratum", "version release type status updated issued severity references !errata_id" },
        { "units_iso", "downloaded !name,checksum,size" },
        { "units_modulemd", "downloaded artifacts !name,stream,version,context,arch" },
        { "units_modulemd_defaults", "downloaded repo_id !name,repo_id" },
        { "units_ostree", "!remote_id,branch,commit" },
        { "units_package_category",
          "package_category_id repo_id name packagegroupids !package_category_id,repo_id" },
        { "units_package_environment",
          "package_environment_id repo_id name group_ids !package_environment_id,repo_id" },
        { "units_package_group",
          "package_group_id repo_id name mandatory_package_names conditional_package_names "
          "optional_package_names default_package_names !package_group_id,repo_id" },
        { "units_package_langpacks", "!repo_id" },
        { "units_puppet_module", "downloaded !author,name,version" },
        { "units_python_package", "" },
        { "units_rpm", "downloaded !name,epoch,version,release,arch,checksumtype,checksum" },
        { "units_srpm", "downloaded !name,epoch,version,release,arch,checksumtype,checksum" },
        { "units_yum_repo_metadata_file", "downloaded data_type !data_type,repo_id" },
        { "users", "-roles !-login,-name !login" },
        { "workers", "" },
};

const size_t n_sample_collections = ELEMENTSOF(sample_collections);

size_t sample_collection_index(const char *name) {
        size_t i = 0;

        while (!streq(sample_collections[i].name, name)) {
                i++;
                assert(i < n_sample_collections);
        }
        return i;
}

/* Adds an index whose specification is length bytes of text; its name is made of its fields, as MongoDB does.
 * Returns 0 or -1. */
static int indexes_append(json_t *indexes, const char *text, size_t length, const char *namespace) {
        _cleanup_(freep) char *specification = strndup(text, length);
        char name[256] = "", *field, *rest = specification;
        bool unique = specification && startswith(specification, "!");
        json_t *key = json_object();

        if (!specification || !key)
                return -1;
        if (unique)
                rest++;
        while ((field = strsep(&rest, ","))) {
                int direction = startswith(field, "-") ? -1 : 1;
                size_t n = strlen(name);

                if (direction < 0)
                        field++;
                (void) json_object_set_new(key, field, json_integer(direction));
                (void) snprintf(name + n, sizeof(name) - n, "%s%s_%d", n > 0 ? "_" : "", field, direction);
        }
        return json_array_append_new(indexes,
                                     json_pack("{s:i, s:b, s:o, s:s, s:s, s:b}", "v", 2, "unique", unique,
                                               "key", key, "name", name, "ns", namespace, "background", 0));
}

char *sample_collection_metadata(const SampleCollection *collection, const char *database) {
        _cleanup_(freep) char *namespace = text_format("%s.%s", database, collection->name);
        const char *p = collection->indexes;
        json_t *metadata, *indexes;
        char *text = NULL;
        int r;

        if (!namespace)
                return NULL;
        metadata = json_pack("{s:{}, s:[{s:i, s:{s:i}, s:s, s:s}]}", "options", "indexes", "v", 2, "key",
                             "_id", 1, "name", "_id_", "ns", namespace);
        indexes = json_object_get(metadata, "indexes");
        r = indexes ? 0 : -1;
        while (r >= 0 && *p) {
                size_t length = strcspn(p, " ");

                r = indexes_append(indexes, p, length, namespace);
                p += length;
                p += strspn(p, " ");
        }
        if (r >= 0)
                text = json_dumps(metadata, JSON_COMPACT);
        json_decref(metadata);
        return text;
}
