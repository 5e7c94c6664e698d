const CALLERS = 50;
const NOTES_PER_BATCH = 10;
const HISTORY = 60;

const byId = (id) => document.getElementById(id);

const LIMITS = {
	'chat:stream': 'all users together have asked too many questions within a minute',
	'chat:user': 'you have asked too many questions within a minute',
	'chat:tokens': 'your answers have used too many tokens within a minute',
	'chat:tokens:month': 'your answers have used all tokens of this month',
	'search:vector': 'too many searches were made within a minute',
	'documents:user': 'you have uploaded too many batches within a minute',
	'embeddings:user': 'you have requested too many embeddings within a minute',
};

const GUARDS = {
	'embedding_lock': 'Each text is embedded only once. Other calls with the same text wait for the result.',
	'search_lock': 'Each search is computed only once. Other calls with the same search wait for the result.',
	'upsert_batch': 'Each batch of notes is stored only once, also if it is uploaded twice at the same time.',
	'reindex': 'Only one call at a time embeds all notes anew. A second call is denied at once.',
	'embedding_batch': 'Only a few batches of texts are embedded at the same time, to limit the load on the model.',
	'vector_upsert': 'Only a few batches of notes are stored at the same time, to limit the load on the store.',
	'chat:stream': 'Questions of all users together, to limit the cost of the answers.',
	'chat:user': 'Questions of one user, so that one user cannot use up the tokens of all users.',
	'chat:tokens': 'Tokens that the answers for one user take within a minute, because long answers cost more than short ones.',
	'chat:tokens:month': 'Tokens that the answers for one user take in a calendar month.',
	'search:vector': 'Searches of all users together, to limit the load on the store.',
	'documents:user': 'Uploads of one user, so that one user cannot fill the store.',
	'embeddings:user': 'Embeddings of one user, because each of them costs money.',
};

const BUDGETS = { 'chat:tokens': 'per minute', 'chat:tokens:month': 'this month' };

// Longer times are shown as a date.
const LONGEST_COUNTDOWN = 600;

// Package of the sample application. The page shows source files relative to it.
const PACKAGE = 'dev.weir.sample.';

const USER_NEEDED = 'Only known users can do this. Choose alice or bob at the top of this page.';

class Failure extends Error {

	constructor(status, problem, retryAfter) {
		const limits = (problem['violated-policies'] ?? []).map((name) => LIMITS[name] ?? name).join(', and ');
		super(status === 429 ? `Please wait: ${limits || 'there were too many requests'}.`
			: status === 401 ? USER_NEEDED
			: problem.detail ?? problem.title ?? `The service answered with status ${status}.`);
		this.retryAfter = retryAfter;
	}

}

async function request(path, body) {
	const headers = {};
	const user = byId('user').value;
	if (user) {
		// The password of each demo user is the name of the user.
		headers.Authorization = `Basic ${btoa(`${user}:${user}`)}`;
	}
	if (body) {
		headers['Content-Type'] = 'application/json';
	}
	let response;
	try {
		response = await fetch(path, {
			// With credentials, the browser would ask for a login when the service requires one.
			method: body ? 'POST' : 'GET', headers, credentials: 'omit', body: body && JSON.stringify(body),
		});
	}
	catch {
		throw new Error('The service does not answer. Is it running?');
	}
	if (!response.ok) {
		const problem = await response.json().catch(() => ({}));
		throw new Failure(response.status, problem, Number(response.headers.get('Retry-After') ?? 0));
	}
	return response;
}

/** Runs the action of a button. If the action fails, shows the reason and, if known, when to try again. */
async function attempt(button, failure, action) {
	clearInterval(failure.timer);
	failure.textContent = '';
	button.disabled = true;
	try {
		await action();
		button.disabled = false;
	}
	catch (problem) {
		failure.textContent = problem.message;
		if (problem.retryAfter > LONGEST_COUNTDOWN) {
			failure.textContent += ` Try again after ${date(Date.now() + problem.retryAfter * 1000)}.`;
			button.disabled = false;
		}
		else if (problem.retryAfter > 0) {
			countDown(button, failure, problem.retryAfter);
		}
		else {
			button.disabled = false;
		}
	}
}

function date(time) {
	return new Date(time).toLocaleString('en-GB', {
		day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
	});
}

function countDown(button, failure, seconds) {
	const end = Date.now() + seconds * 1000;
	const clock = document.createElement('span');
	// Screen readers read this time only once, not every second.
	clock.setAttribute('aria-hidden', 'true');
	const spoken = document.createElement('span');
	spoken.className = 'hidden';
	spoken.textContent = ` Try again in ${seconds} seconds.`;
	failure.append(clock, spoken);
	const tick = () => {
		const left = Math.ceil((end - Date.now()) / 1000);
		clock.textContent = left > 0 ? ` Try again in ${left} s.` : ' You can try again now.';
		if (left <= 0) {
			clearInterval(failure.timer);
			button.disabled = false;
		}
	};
	tick();
	failure.timer = setInterval(tick, 250);
}

function element(name, className, text) {
	const made = document.createElement(name);
	made.className = className ?? '';
	made.textContent = text ?? '';
	return made;
}

/** Makes an element whose parts, such as the folders of a path, fit on several lines of a narrow screen. */
function breakable(name, className, parts) {
	const made = element(name, className);
	made.append(...parts.flatMap((part) => [part, document.createElement('wbr')]));
	return made;
}

// Chat

async function* events(stream) {
	const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';
	for (;;) {
		const { value, done } = await reader.read();
		if (done) {
			return;
		}
		const parts = (rest + value).split('\n\n');
		rest = parts.pop();
		for (const part of parts) {
			const fields = Object.fromEntries(part.split('\n').map((line) => {
				const colon = line.indexOf(':');
				return [line.slice(0, colon), line.slice(colon + 1)];
			}));
			if (fields.event) {
				yield { name: fields.event, data: JSON.parse(fields.data) };
			}
		}
	}
}

async function ask() {
	const question = byId('question').value.trim();
	const response = await request('api/chat', { question });
	const messages = byId('messages');
	messages.querySelector('.hint')?.remove();
	messages.append(element('p', 'question', question));
	const answer = element('p', 'answer');
	messages.append(answer);
	byId('question').value = '';
	// Screen readers read the answer only when it is complete.
	messages.setAttribute('aria-busy', 'true');
	let complete = false;
	try {
		for await (const { name, data } of events(response.body)) {
			if (name === 'notes') {
				byId('answered-by').textContent = `Answers: ${data.answeredBy}`;
			}
			else if (name === 'text') {
				answer.textContent += data.text;
			}
			else if (name === 'failure') {
				answer.textContent += ` ${data.text}`;
			}
			complete ||= name === 'end' || name === 'failure';
			messages.scrollTop = messages.scrollHeight;
		}
	}
	finally {
		if (!complete) {
			answer.textContent += ' … the connection was lost.';
		}
		messages.setAttribute('aria-busy', 'false');
	}
}

byId('chat-form').addEventListener('submit', (event) => {
	event.preventDefault();
	attempt(event.submitter ?? event.target.querySelector('button'), byId('chat-failure'), ask);
});

// Search

async function search() {
	const sector = byId('sector').value;
	const response = await request('api/search', {
		query: byId('query').value.trim(), top_k: 5, filter: sector ? { sector } : undefined,
	});
	const { hits, cached } = await response.json();
	byId('search-summary').textContent = `${hits.length} notes${cached ? ', from the cache' : ''}`;
	byId('results').replaceChildren(...hits.map(({ score, document: note }) => {
		const item = element('li');
		const title = element('h3', '', `${note.company}: ${note.title}`);
		title.append(element('span', 'score', score.toFixed(2)));
		item.append(title, element('p', '', note.text));
		return item;
	}));
}

byId('search-form').addEventListener('submit', (event) => {
	event.preventDefault();
	attempt(event.submitter ?? event.target.querySelector('button'), byId('search-failure'), search);
});

// Upload

const uploadButton = document.querySelector('#upload-form button:not([type])');

function showUploadHint() {
	byId('upload-hint').hidden = byId('user').value !== '';
}

byId('user').addEventListener('change', () => {
	showUploadHint();
	if (!uploadButton.disabled) {
		byId('upload-failure').textContent = '';
	}
});

byId('as-alice').addEventListener('click', () => {
	byId('user').value = 'alice';
	byId('user').dispatchEvent(new Event('change'));
	// The pressed button is hidden now.
	byId('batch').focus();
});

byId('example').addEventListener('click', () => {
	const goods = ['kites', 'bells', 'canoes', 'ladders', 'clocks', 'lanterns', 'carpets', 'violins'];
	const places = ['by the sea', 'in the mountains', 'for schools', 'for theatres', 'by mail'];
	byId('notes').value = places.flatMap((place) => goods.map((thing) => JSON.stringify({
		id: `example-${thing}-${place.replaceAll(' ', '-')}`, ticker: 'XMPL', company: 'Example Works', sector: 'Examples',
		title: `Selling ${thing}`, text: `Example Works makes ${thing} and sells them ${place}.`,
	}))).join('\n');
});

async function upload() {
	if (!byId('user').value) {
		throw new Error(USER_NEEDED);
	}
	const name = byId('batch').value.trim();
	const lines = byId('notes').value.split('\n').filter((line) => line.trim());
	const notes = lines.map((line, index) => {
		try {
			return JSON.parse(line);
		}
		catch {
			throw new Error(`Line ${index + 1} is not a JSON object.`);
		}
	});
	const progress = byId('progress');
	progress.hidden = false;
	progress.max = Math.ceil(notes.length / NOTES_PER_BATCH);
	progress.value = 0;
	let stored = 0;
	while (progress.value < progress.max) {
		const from = progress.value * NOTES_PER_BATCH;
		const response = await request('api/documents', {
			batch_id: `${name}-${progress.value + 1}`, documents: notes.slice(from, from + NOTES_PER_BATCH),
		});
		stored += (await response.json()).stored ? 1 : 0;
		progress.value += 1;
		const known = progress.value - stored;
		byId('upload-summary').textContent = `${progress.value} of ${progress.max} batches: ${stored} stored`
			+ (known ? `, ${known} were already stored under this name` : '');
	}
}

byId('upload-form').addEventListener('submit', (event) => {
	event.preventDefault();
	attempt(uploadButton, byId('upload-failure'), upload);
});

// Browsers restore the selected user when the page is loaded again.
showUploadHint();

// Stampede

let instances = 1;

async function stampede() {
	byId('stampede-summary').textContent = 'Running …';
	showTimeline(false);
	const name = crypto.getRandomValues(new Uint32Array(2)).join('-');
	// One request for each instance. A load balancer distributes the requests.
	const answers = await Promise.all(Array.from({ length: instances }, (_, index) => request('api/stampede', {
		name, callers: Math.floor(CALLERS / instances) + (index < CALLERS % instances ? 1 : 0),
	}))).catch((problem) => {
		byId('stampede-summary').textContent = '';
		throw problem;
	});
	const results = await Promise.all(answers.map((answer) => answer.json()));
	const sum = (field) => results.reduce((total, result) => total + result[field], 0);
	byId('stampede-summary').textContent = `${sum('computed')} computation, ${sum('waited')} waiters`;
	drawTimeline(results.flatMap((result) => result.calls));
}

function showTimeline(visible) {
	byId('timeline').toggleAttribute('hidden', !visible);
	byId('legend').hidden = !visible;
	byId('calls').querySelector('.empty').hidden = visible;
}

function drawTimeline(calls) {
	const timeline = byId('timeline');
	const end = Math.max(...calls.map((call) => call.to_ms), 1);
	const step = 150 / calls.length;
	// The computation comes first. Each instance has its own clock, so the times do not always show this.
	calls.sort((one, other) => other.computed - one.computed || one.to_ms - other.to_ms);
	timeline.replaceChildren(...calls.map((call, index) => {
		const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
		bar.setAttribute('x', 500 * call.from_ms / end);
		bar.setAttribute('width', Math.max(1, 500 * (call.to_ms - call.from_ms) / end));
		bar.setAttribute('y', index * step);
		bar.setAttribute('height', step * 0.7);
		bar.setAttribute('class', call.computed ? 'computed' : '');
		return bar;
	}));
	byId('duration').textContent = `${(end / 1000).toFixed(1)} s`;
	showTimeline(true);
}

byId('stampede').addEventListener('click', (event) => {
	attempt(event.currentTarget, byId('stampede-failure'), stampede);
});

// Live view

class Gauge {

	constructor(list, name) {
		this.history = [];
		this.numbers = element('span', 'numbers');
		this.fill = element('span');
		this.line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
		const spark = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
		spark.setAttribute('class', 'spark');
		spark.setAttribute('viewBox', `0 0 ${HISTORY - 1} 20`);
		spark.setAttribute('preserveAspectRatio', 'none');
		spark.setAttribute('aria-hidden', 'true');
		spark.append(this.line);
		const bar = element('span', 'bar');
		bar.append(this.fill);
		const item = element('li');
		item.dataset.name = name;
		const title = element('span', 'title');
		title.append(element('code', '', name), ' ', this.numbers);
		item.append(title, element('span', 'what', GUARDS[name]), spark, bar);
		list.append(item);
	}

	/** Shows how much of a guard is in use, and how many calls wait for the guard. */
	show(used, limit, waiting, text, warning) {
		this.numbers.replaceChildren(text);
		if (warning) {
			this.numbers.append(' · ', element('b', '', warning));
		}
		this.fill.style.width = `${Math.min(100, 100 * used / limit)}%`;
		this.history.push(used + waiting);
		this.history.splice(0, this.history.length - HISTORY);
		const top = Math.max(1, limit, ...this.history);
		const first = HISTORY - this.history.length;
		this.line.setAttribute('points',
			this.history.map((point, index) => `${first + index},${19 - 18 * point / top}`).join(' '));
	}

}

const gauges = new Map();

function gauge(list, name) {
	if (!gauges.has(name)) {
		gauges.set(name, new Gauge(byId(list), name));
	}
	return gauges.get(name);
}

function showInstances(names) {
	instances = Math.max(1, names.length);
	const count = names.length === 1 ? '1 instance' : `${names.length} instances`;
	byId('instances-title').textContent = `${count}, by process id and port`;
	byId('instances').replaceChildren(...names.map((name) => {
		const item = element('li');
		item.append(element('code', '', name));
		return item;
	}));
}

function showMethods(guards) {
	const guardsByMethod = new Map();
	for (const { name, methods } of guards) {
		// A rate limit for a path has no method.
		for (const method of methods.filter((location) => location.startsWith(PACKAGE))) {
			guardsByMethod.set(method, [...guardsByMethod.get(method) ?? [], name]);
		}
	}
	byId('method-rows').replaceChildren(...[...guardsByMethod].sort().map(([method, names]) => {
		const parts = method.slice(PACKAGE.length).split('.');
		const [type, called] = parts.splice(-2);
		const where = element('td');
		where.append(breakable('code', '', [`${type}.`, called]), ' ',
			breakable('span', 'path', [...parts.map((folder) => `${folder}/`), `${type}.java`]));
		const by = element('td');
		by.append(...names.map((name) => element('code', '', name)));
		const row = element('tr');
		row.append(where, by);
		return row;
	}));
}

/** Shows how many tokens the answers for the current user have used, and when the count of a quota begins anew. */
function showTokens(buckets) {
	const budgets = buckets.filter(({ name }) => BUDGETS[name]).map(({ name, remaining, limit, anew }) => {
		const [used, all] = [limit - remaining, limit].map((number) => number.toLocaleString('en-GB'));
		return {
			text: `${used} of ${all} ${BUDGETS[name]}${anew ? `, anew on ${date(anew)}` : ''}`,
			percent: 100 * (limit - remaining) / limit,
		};
	});
	byId('tokens-title').textContent = `Tokens that the answers for ${byId('user').value || 'you'} have used`;
	const list = byId('tokens');
	const texts = budgets.map(({ text }) => text).join();
	// Elements that stay keep the selection of the user.
	if (list.dataset.texts !== texts) {
		list.dataset.texts = texts;
		list.replaceChildren(...budgets.map(({ text, percent }) => {
			const bar = element('span', 'bar');
			const fill = element('span');
			fill.style.width = `${percent}%`;
			bar.append(fill);
			const item = element('li', '', text);
			item.append(bar);
			return item;
		}));
	}
}

function show(live) {
	// Elements that stay keep the selection of the user.
	if (byId('instances').dataset.names !== live.instances.join()) {
		byId('instances').dataset.names = live.instances.join();
		showInstances(live.instances);
	}
	if (!gauges.size) {
		showMethods([...live.locks, ...live.semaphores, ...live.buckets]);
	}
	for (const { name, held, waiting } of live.locks) {
		gauge('locks', name).show(held, 1, waiting, `${held} held`, waiting && `${waiting} waiting`);
	}
	for (const { name, held, limit, waiting } of live.semaphores) {
		gauge('semaphores', name).show(held, limit, waiting, `${held} of ${limit} in use`, waiting && `${waiting} waiting`);
	}
	for (const { name, remaining, limit, denied } of live.buckets) {
		const owner = name.endsWith(':user') || BUDGETS[name] ? ` by ${byId('user').value || 'you'}` : '';
		gauge('buckets', name).show(limit - remaining, limit, 0, `${limit - remaining} of ${limit} used${owner}`,
			denied && `${denied} denied (429)`);
	}
	showTokens(live.buckets);
	byId('computed').textContent = `Embeddings computed so far: ${live.computed}.`;
	if (live.statistics) {
		const { notes, companies, words, refreshedAt, instance } = live.statistics;
		const time = new Date(refreshedAt).toLocaleTimeString('en-GB');
		byId('statistics').textContent = `The corpus: ${notes} notes on ${companies} companies, ${words} words. `
			+ `One instance counts once a minute, the leader. Last: ${instance} at ${time}.`;
	}
}

async function watch() {
	if (!document.hidden) {
		try {
			show(await (await request('api/live')).json());
			byId('live-failure').textContent = '';
		}
		catch (problem) {
			byId('live-failure').textContent = problem.message;
		}
	}
	setTimeout(watch, 1000);
}

watch();
