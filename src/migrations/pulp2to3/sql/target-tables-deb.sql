-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tables that a migration of plugin deb writes and the target lacks, or that this role may not write: name,
-- whether it is there.
SELECT name, to_regclass('public.' || name) IS NOT NULL FROM unnest(ARRAY[
        'core_artifact', 'core_content', 'core_contentartifact', 'core_distribution',
        'core_publication', 'core_publishedartifact', 'core_publishedmetadata', 'core_remote', 'core_remoteartifact',
        'core_repository', 'core_repositorycontent', 'core_repositoryversion', 'core_repositoryversioncontentdetails',
        'deb_aptdistribution', 'deb_aptpublication', 'deb_aptremote', 'deb_aptrepository', 'deb_package',
        'deb_packagereleasecomponent', 'deb_release', 'deb_releasearchitecture', 'deb_releasecomponent']) AS needed (name)
        WHERE CASE WHEN to_regclass('public.' || name) IS NULL THEN true
                ELSE EXISTS (SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
                        WHERE NOT has_table_privilege('public.' || name, privilege)) END ORDER BY name;
