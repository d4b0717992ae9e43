-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- The part of Pulp 3's database that a migration of ISO repositories reads and writes: pulpcore 3.18 and
-- pulp_file 1.10. Made for demonstrations and tests without a Pulp server; Pulp itself cannot run on it.
-- Columns, types, checks, keys and foreign keys are those of the real tables; only the indexes for searches
-- by text prefix are left out. As in the real ones there are no defaults, and foreign keys are checked at
-- COMMIT. Load it whole or not at all: psql --single-transaction.

CREATE TABLE public.django_migrations (
        id serial PRIMARY KEY,
        app varchar(255) NOT NULL,
        name varchar(255) NOT NULL,
        applied timestamptz NOT NULL
);

CREATE TABLE public.core_artifact (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        file varchar(255) NOT NULL,
        size bigint NOT NULL,
        md5 varchar(32),
        sha1 varchar(40),
        sha224 varchar(56),
        sha256 varchar(64) NOT NULL UNIQUE,
        sha384 varchar(96) UNIQUE,
        sha512 varchar(128) UNIQUE,
        timestamp_of_interest timestamptz NOT NULL
);
CREATE INDEX ON public.core_artifact (md5);
CREATE INDEX ON public.core_artifact (sha1);
CREATE INDEX ON public.core_artifact (sha224);

CREATE TABLE public.core_content (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        pulp_type text NOT NULL,
        upstream_id uuid,
        timestamp_of_interest timestamptz NOT NULL
);
CREATE INDEX ON public.core_content (pulp_type);

CREATE TABLE public.core_contentartifact (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        relative_path text NOT NULL,
        artifact_id uuid REFERENCES public.core_artifact DEFERRABLE INITIALLY DEFERRED,
        content_id uuid NOT NULL REFERENCES public.core_content DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (content_id, relative_path)
);
CREATE INDEX ON public.core_contentartifact (artifact_id);
CREATE INDEX ON public.core_contentartifact (content_id);

CREATE TABLE public.core_remote (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        pulp_type text NOT NULL,
        name text NOT NULL UNIQUE,
        url text NOT NULL,
        ca_cert text,
        client_cert text,
        tls_validation boolean NOT NULL,
        proxy_url text,
        download_concurrency integer CHECK (download_concurrency >= 0),
        policy text NOT NULL,
        connect_timeout double precision,
        sock_connect_timeout double precision,
        sock_read_timeout double precision,
        total_timeout double precision,
        headers jsonb,
        rate_limit integer,
        max_retries integer CHECK (max_retries >= 0),
        client_key text,
        password text,
        proxy_password text,
        proxy_username text,
        username text
);
CREATE INDEX ON public.core_remote (pulp_type);

CREATE TABLE public.core_alternatecontentsource (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        pulp_type text NOT NULL,
        name text NOT NULL UNIQUE,
        last_refreshed timestamptz,
        remote_id uuid REFERENCES public.core_remote DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE public.core_remoteartifact (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        url text NOT NULL,
        size bigint,
        md5 varchar(32),
        sha1 varchar(40),
        sha224 varchar(56),
        sha256 varchar(64),
        sha384 varchar(96),
        sha512 varchar(128),
        content_artifact_id uuid NOT NULL
                REFERENCES public.core_contentartifact DEFERRABLE INITIALLY DEFERRED,
        remote_id uuid NOT NULL REFERENCES public.core_remote DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (content_artifact_id, remote_id)
);
CREATE INDEX ON public.core_remoteartifact (content_artifact_id);
CREATE INDEX ON public.core_remoteartifact (remote_id);

CREATE TABLE public.core_repository (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        name text NOT NULL UNIQUE,
        description text,
        next_version integer NOT NULL CHECK (next_version >= 0),
        pulp_type text NOT NULL,
        remote_id uuid REFERENCES public.core_remote DEFERRABLE INITIALLY DEFERRED,
        retain_repo_versions integer CHECK (retain_repo_versions >= 0),
        user_hidden boolean NOT NULL
);
CREATE INDEX ON public.core_repository (pulp_type);
CREATE INDEX ON public.core_repository (remote_id);

CREATE TABLE public.core_repositoryversion (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        number integer NOT NULL CHECK (number >= 0),
        complete boolean NOT NULL,
        base_version_id uuid REFERENCES public.core_repositoryversion DEFERRABLE INITIALLY DEFERRED,
        repository_id uuid NOT NULL REFERENCES public.core_repository DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (repository_id, number)
);
CREATE INDEX ON public.core_repositoryversion (base_version_id);
CREATE INDEX ON public.core_repositoryversion (complete);
CREATE INDEX ON public.core_repositoryversion (number);
CREATE INDEX ON public.core_repositoryversion (repository_id);

CREATE TABLE public.core_repositorycontent (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        content_id uuid NOT NULL REFERENCES public.core_content DEFERRABLE INITIALLY DEFERRED,
        repository_id uuid NOT NULL REFERENCES public.core_repository DEFERRABLE INITIALLY DEFERRED,
        version_added_id uuid NOT NULL REFERENCES public.core_repositoryversion DEFERRABLE INITIALLY DEFERRED,
        version_removed_id uuid REFERENCES public.core_repositoryversion DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (repository_id, content_id, version_added_id),
        UNIQUE (repository_id, content_id, version_removed_id)
);
CREATE INDEX ON public.core_repositorycontent (content_id);
CREATE INDEX ON public.core_repositorycontent (repository_id);
CREATE INDEX ON public.core_repositorycontent (version_added_id);
CREATE INDEX ON public.core_repositorycontent (version_removed_id);

CREATE TABLE public.core_repositoryversioncontentdetails (
        id serial PRIMARY KEY,
        count_type varchar(1) NOT NULL,
        content_type text NOT NULL,
        count integer NOT NULL,
        repository_version_id uuid NOT NULL
                REFERENCES public.core_repositoryversion DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON public.core_repositoryversioncontentdetails (repository_version_id);

CREATE TABLE public.core_publication (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        pulp_type text NOT NULL,
        complete boolean NOT NULL,
        pass_through boolean NOT NULL,
        repository_version_id uuid NOT NULL
                REFERENCES public.core_repositoryversion DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON public.core_publication (complete);
CREATE INDEX ON public.core_publication (pulp_type);
CREATE INDEX ON public.core_publication (repository_version_id);

CREATE TABLE public.core_publishedmetadata (
        relative_path text NOT NULL,
        publication_id uuid NOT NULL REFERENCES public.core_publication DEFERRABLE INITIALLY DEFERRED,
        content_ptr_id uuid PRIMARY KEY REFERENCES public.core_content DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (publication_id, relative_path)
);
CREATE INDEX ON public.core_publishedmetadata (publication_id);

CREATE TABLE public.core_publishedartifact (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        relative_path text NOT NULL,
        content_artifact_id uuid NOT NULL
                REFERENCES public.core_contentartifact DEFERRABLE INITIALLY DEFERRED,
        publication_id uuid NOT NULL REFERENCES public.core_publication DEFERRABLE INITIALLY DEFERRED,
        UNIQUE (publication_id, relative_path)
);
CREATE INDEX ON public.core_publishedartifact (content_artifact_id);
CREATE INDEX ON public.core_publishedartifact (publication_id);

-- Distributions may be guarded; a migration makes none that are.
CREATE TABLE public.core_contentguard (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        pulp_type text NOT NULL,
        name text NOT NULL UNIQUE,
        description text
);
CREATE INDEX ON public.core_contentguard (pulp_type);

CREATE TABLE public.core_distribution (
        pulp_id uuid PRIMARY KEY,
        pulp_created timestamptz NOT NULL,
        pulp_last_updated timestamptz,
        pulp_type text NOT NULL,
        name text NOT NULL UNIQUE,
        base_path text NOT NULL UNIQUE,
        content_guard_id uuid REFERENCES public.core_contentguard DEFERRABLE INITIALLY DEFERRED,
        publication_id uuid REFERENCES public.core_publication DEFERRABLE INITIALLY DEFERRED,
        remote_id uuid REFERENCES public.core_remote DEFERRABLE INITIALLY DEFERRED,
        repository_id uuid REFERENCES public.core_repository DEFERRABLE INITIALLY DEFERRED,
        repository_version_id uuid REFERENCES public.core_repositoryversion DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON public.core_distribution (content_guard_id);
CREATE INDEX ON public.core_distribution (publication_id);
CREATE INDEX ON public.core_distribution (pulp_type);
CREATE INDEX ON public.core_distribution (remote_id);
CREATE INDEX ON public.core_distribution (repository_id);
CREATE INDEX ON public.core_distribution (repository_version_id);

-- The tables of pulp_file: each row completes one of the same id in a core table.
CREATE TABLE public.file_filecontent (
        content_ptr_id uuid PRIMARY KEY REFERENCES public.core_content DEFERRABLE INITIALLY DEFERRED,
        relative_path text NOT NULL,
        digest varchar(64) NOT NULL,
        UNIQUE (relative_path, digest)
);

CREATE TABLE public.file_fileremote (
        remote_ptr_id uuid PRIMARY KEY REFERENCES public.core_remote DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE public.file_filerepository (
        repository_ptr_id uuid PRIMARY KEY REFERENCES public.core_repository DEFERRABLE INITIALLY DEFERRED,
        autopublish boolean NOT NULL,
        manifest text NOT NULL
);

CREATE TABLE public.file_filepublication (
        publication_ptr_id uuid PRIMARY KEY REFERENCES public.core_publication DEFERRABLE INITIALLY DEFERRED,
        manifest text NOT NULL
);

CREATE TABLE public.file_filedistribution (
        distribution_ptr_id uuid PRIMARY KEY REFERENCES public.core_distribution DEFERRABLE INITIALLY DEFERRED
);

-- The migrations that Pulp has applied to such a database are how its version is told.
INSERT INTO public.django_migrations (app, name, applied)
SELECT 'core', name, now() FROM unnest(ARRAY[
        '0001_initial', '0002_increase_artifact_size_field', '0003_remove_upload_completed',
        '0004_add_duplicated_reserved_resources', '0005_progressreport_code',
        '0006_repository_plugin_managed', '0007_delete_progress_proxies',
        '0008_published_metadata_as_content', '0009_remove_task_non_fatal_errors', '0010_pulp_fields',
        '0011_relative_path', '0012_auto_20191104_2000', '0013_repository_pulp_type',
        '0014_remove_repository_plugin_managed', '0015_auto_20191112_1426', '0016_charfield_to_textfield',
        '0017_remove_task_parent', '0018_auto_20191127_2350', '0019_add_signing_service_model',
        '0020_change_publishedartifact_constraints', '0021_add_signing_service_foreign_key',
        '0022_rename_last_version', '0023_change_exporter_models', '0024_use_local_storage_for_uploads',
        '0025_task_parent_task', '0026_task_group', '0027_export_backend',
        '0028_import_importer_pulpimporter_pulpimporterrepository', '0029_export_delete',
        '0030_taskgroup_all_tasks_dispatched', '0031_import_export_validate_params',
        '0032_export_to_chunks', '0033_increase_remote_artifact_size_field', '0034_groupprogressreport',
        '0035_content_upstream_id', '0036_unprotect_last_export', '0037_pulptemporaryfile',
        '0038_repository_remote', '0039_change_download_concurrency', '0040_set_admin_is_staff',
        '0041_accesspolicy', '0042_rbac_for_tasks', '0043_toc_attribute', '0044_temp_file_artifact_field',
        '0045_accesspolicy_permissions_allow_null', '0046_task__resource_job_id',
        '0047_improve_orphan_cleanup', '0048_fips_checksums', '0049_add_file_field_to_uploadchunk',
        '0050_namespace_access_policies', '0051_timeoutfields', '0052_tasking_logging_cid',
        '0053_remote_headers', '0054_add_public_key', '0055_label', '0056_remote_rate_limit',
        '0057_add_label_indexes', '0058_accesspolicy_customized', '0059_proxy_creds',
        '0060_data_migration_proxy_creds', '0061_call_handle_artifact_checksums_command',
        '0062_add_new_distribution_mastermodel', '0063_repository_retained_versions',
        '0064_repository_user_hidden', '0064_add_new_style_task_columns', '0065_merge_20210615_1211',
        '0066_download_concurrency_and_retry_changes', '0067_add_protect_to_task_reservation',
        '0068_add_timestamp_of_interest', '0069_update_json_fields', '0070_rename_retained_versions',
        '0071_filesystemexport_filesystemexporter', '0072_add_method_to_filesystem_exporter',
        '0073_encrypt_remote_fields', '0074_acs', '0075_rbaccontentguard', '0076_remove_reserved_resource',
        '0077_move_remote_url_credentials', '0078_grouprole_role_userrole',
        '0079_rename_permissions_assignment_accesspolicy_creation_hooks', '0080_proxy_group_model',
        '0081_reapplabel_group_permissions', '0082_add_manage_roles_permissions',
        '0083_alter_group_options', '0084_alter_rbaccontentguard_options',
        '0085_contentredirectcontentguard', '0086_task_json_fields', '0087_taskschedule'
]) WITH ORDINALITY AS applied (name, position) ORDER BY position;

INSERT INTO public.django_migrations (app, name, applied)
SELECT 'file', name, now() FROM unnest(ARRAY[
        '0001_initial', '0002_file_related_names', '0003_auto_20191014_1721', '0004_filefilesystemexporter',
        '0005_filerepository', '0006_delete_filefilesystemexporter', '0007_filefilesystemexporter',
        '0008_add_manifest_field', '0009_move_data_to_new_master_distribution_model', '0010_auto_publish',
        '0011_fix_auto_publish', '0012_delete_filefilesystemexporter', '0013_file_acs'
]) WITH ORDINALITY AS applied (name, position) ORDER BY position;
