// Calls a server by the protocol's own package for Node.js and prints what came: a command and its arguments, or an
// address. The first argument is a folder in which the package is installed, the second how to begin.

const { createRequire } = require('node:module');

const [folder, mode, name, right, wrong, ...where] = process.argv.slice(2);
const installed = createRequire(`${folder}/`);
const { Client, StreamableHTTPClientTransport } = installed('@modelcontextprotocol/client');
const { StdioClientTransport } = installed('@modelcontextprotocol/client/stdio');

async function main() {
    const way = mode === 'pin' ? { pin: '2026-07-28' } : mode;
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: way } });
    const [command, ...args] = where;
    await client.connect(command.startsWith('http')
        ? new StreamableHTTPClientTransport(new URL(command))
        : new StdioClientTransport({ command, args }));
    const steps = [];
    const onprogress = ({ message }) => steps.push(message);
    const call = (input, options) => client.callTool({ name, arguments: JSON.parse(input) }, options);
    const { tools } = await client.listTools();
    const answer = await call(right, { onprogress });
    const refused = await call(wrong);
    const many = await Promise.all(Array.from({ length: 5 }, () => call(right)));
    const unknown = await client.callTool({ name: 'no-such-tool', arguments: {} })
        .then((result) => String(result.isError), (error) => error.message);
    console.log(JSON.stringify({
        version: client.getNegotiatedProtocolVersion(),
        tools: tools.map((tool) => tool.name),
        structured: answer.structuredContent,
        steps,
        refused: [refused.isError, refused.content[0].text],
        many: many.map((one) => one.structuredContent),
        unknown,
    }));
    await client.close();
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
