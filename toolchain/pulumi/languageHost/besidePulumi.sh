#!/bin/sh
# Installed as pulumi-language-nodejs next to the Pulumi that was built into the user's cache. All clones share that
# Pulumi, so this script starts the language host of the clone that runs Pulumi.
exec "${REDIS_HA_LANGUAGE_HOST:?run this Pulumi with npm run pulumi}" "$@"
