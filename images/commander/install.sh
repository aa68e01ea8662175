#!/bin/sh
# Puts Redis Commander and the npm packages it needs into TREE/redis-commander, laid out as in the official image:
# it looks for its own packages in /redis-commander/node_modules. npm runs here, on the machine, and not in a
# container: this is where it knows which certificate authorities and which registry to trust.
#
# usage: install.sh TREE
set -eu

tree=$1
recipe=$(cd "$(dirname "$0")" && pwd)
project=$(mktemp -d)

cp "$recipe/package.json" "$recipe/package-lock.json" "$project"
cd "$project"
# The optional package is a native bcrypt, which needs an install script; without it the one in JavaScript is used.
npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error

# The package also has its own tests, charts and container files; these are what it runs from.
mkdir "$tree/redis-commander"
for item in bin config lib web package.json LICENSE; do
  mv "node_modules/redis-commander/$item" "$tree/redis-commander/"
done
rm -rf node_modules/redis-commander node_modules/.bin node_modules/.package-lock.json
mv node_modules "$tree/redis-commander/node_modules"
