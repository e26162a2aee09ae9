// An MCP server by the protocol's own package for Node.js, of revision 2026-07-28 alone; over HTTP with the argument
// `http`, its port on standard output. The first argument is a folder in which the package is installed.

const { createServer } = require('node:http');
const { createRequire } = require('node:module');

const [folder, way] = process.argv.slice(2);
const installed = createRequire(`${folder}/`);
const { McpServer, createMcpHandler } = installed('@modelcontextprotocol/server');
const { serveStdio } = installed('@modelcontextprotocol/server/stdio');
const { toNodeHandler } = installed('@modelcontextprotocol/node');
const { z } = installed('zod');

const both = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value });

function make() {
    const server = new McpServer({ name: 'official', version: '1.0.0' }, { capabilities: { tools: {} } });
    const tool = (name, description, inputSchema, call) =>
        server.registerTool(name, { description, inputSchema: z.object(inputSchema) }, call);
    tool('add', 'Adds two numbers.', { a: z.number(), b: z.number() }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }], structuredContent: { result: a + b },
    }));
    tool('find_parcel', 'Says where a parcel is.', { number: z.number() }, ({ number }) =>
        number === 7
            ? both({ number, city: 'Lyon' })
            : { content: [{ type: 'text', text: `there is no parcel ${number}` }], isError: true });
    tool('cities', 'Names cities.', {}, () => ({
        content: ['Lyon', 'Paris'].map((text) => ({ type: 'text', text })),
        structuredContent: { result: ['Lyon', 'Paris'] },
    }));
    tool('forget', 'Returns nothing.', {}, () => ({ content: [] }));
    tool('wait', 'Answers much later.', {}, () => new Promise((done) => {
        setTimeout(() => done({ content: [{ type: 'text', text: 'late' }] }), 3_600_000).unref();
    }));
    return server;
}

if (way === 'http') {
    const server = createServer(toNodeHandler(createMcpHandler(make, { legacy: 'reject' })));
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
} else {
    serveStdio(make, { legacy: 'reject' });
}
