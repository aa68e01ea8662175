#!/bin/sh
# Stands as pulumi-language-nodejs beside a Pulumi that was built into the user's cache. That Pulumi serves every clone,
# so it starts the language host of the clone that is running it.
exec "${REDIS_HA_LANGUAGE_HOST:?run this Pulumi by npm run pulumi}" "$@"
