/** Milliseconds after which a step that is still running prints its description. */
const announceAfter = 2000;

/** Without a terminal: milliseconds between two lines of a long step, which show that it is not stuck. */
const lineInterval = 30_000;

/** On a terminal: milliseconds between two updates of the status line of a long step. */
const statusInterval = 1000;

/** Clears the line of the cursor (CR, then EL of ECMA-48). */
const clearLine = "\r\u001b[2K";

/**
 * Runs a piece of work. If the work takes more than two seconds, prints its description, and at the end the time that
 * it took. Lines go to standard error, since standard output is reserved for the result of a command.
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
  }, announceAfter);
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
 * Runs a piece of work that installs something on the machine. Prints at once what is installed and why, and at the end
 * the time that it took. In between shows the elapsed time and the latest progress: on a terminal in one status line
 * that is updated every second, without a terminal in a new line every 30 s.
 *
 * @template Result
 * @param {string} what
 * @param {string} why
 * @param {(report: (progress: string) => void) => Promise<Result>} work receives a function that reports progress, such
 *   as "412 of 1803 packages"
 * @returns {Promise<Result>}
 */
export async function add(what, why, work) {
  say(`adding ${what}: ${why}`);
  const start = performance.now();
  let progress = "";
  const isTerminal = process.stderr.isTTY === true;
  const show = isTerminal ? showStatus : say;
  const timer = setInterval(
    () => show(`still adding ${what}: ${seconds(performance.now() - start)}${progress === "" ? "" : `, ${progress}`}`),
    isTerminal ? statusInterval : lineInterval,
  );
  try {
    const result = await work((text) => {
      progress = text;
    });
    say(`added ${what}: ${seconds(performance.now() - start)}`);
    return result;
  } finally {
    clearInterval(timer);
    clearStatus();
  }
}

/**
 * Prints a line to standard error.
 *
 * @param {string} line
 */
export function say(line) {
  clearStatus();
  process.stderr.write(`redis-ha: ${line}\n`);
}

let statusIsShown = false;

/**
 * Replaces the status line. The line is cut to the width of the terminal, since only one row can be cleared.
 *
 * @param {string} line
 */
function showStatus(line) {
  statusIsShown = true;
  process.stderr.write(`${clearLine}${`redis-ha: ${line}`.slice(0, (process.stderr.columns || 80) - 1)}`);
}

function clearStatus() {
  if (statusIsShown) {
    statusIsShown = false;
    process.stderr.write(clearLine);
  }
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
