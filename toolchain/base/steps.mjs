/** Milliseconds after which a step says what it is doing. */
const silence = 2000;

/** Milliseconds between two lines of a long step, so that nobody takes it for one that hangs. */
const reminder = 60_000;

/**
 * Does a piece of work. When it takes more than two seconds, it says what it is and how long it took. Lines go to
 * standard error: standard output belongs to what a command is asked for.
 *
 * @template Result
 * @param {string} description Such as "installing the npm packages".
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function step(description, work) {
  let announced = false;
  const timer = setTimeout(() => {
    announced = true;
    say(`${description} ...`);
  }, silence);
  const start = performance.now();
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (announced) {
      say(`${description}: ${seconds(performance.now() - start)}`);
    }
  }
}

/**
 * Adds something to the machine: says at once what and why, every minute that it is still at it, and when it is there,
 * how long it took.
 *
 * @template Result
 * @param {string} what
 * @param {string} why
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function add(what, why, work) {
  say(`adding ${what}: ${why}`);
  const start = performance.now();
  const timer = setInterval(() => say(`still adding ${what}: ${seconds(performance.now() - start)}`), reminder);
  try {
    const result = await work();
    say(`added ${what}: ${seconds(performance.now() - start)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`redis-ha: ${line}\n`);
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
