// A client that does nothing but read. It writes its arguments, in base64, each when something has come.
import { connect } from 'node:net';

const [port, ...writes] = process.argv.slice(2);
const socket = connect(Number(port), '127.0.0.1', goOn);
function goOn() {
  const written = writes.shift();
  if (written) socket.write(Buffer.from(written, 'base64'));
}
socket.on('data', goOn);
