import { Text } from '@mantine/core';
import { CheckIcon, CrossIcon } from '../components/icons.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';

/** What can compute here, each one tried. */
export function Devices() {
  const { called, retry } = useCall('system.doctor', {});
  return (
    <section className="card" aria-labelledby="devices">
      <h2 className="card-title" id="devices">
        Devices
      </h2>
      {called.state === 'waiting' && <Waiting what="Trying every device…" />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <>
          <ul className="checks">
            {called.value.devices.map(({ name, available, reason }) => (
              <li key={name} className={available ? 'good' : 'absent'}>
                {available ? <CheckIcon size={18} /> : <CrossIcon size={18} />}
                <div>
                  <strong>{name}</strong>{' '}
                  <Text span c="dimmed" size="sm">
                    {available ? 'works' : reason}
                  </Text>
                </div>
              </li>
            ))}
          </ul>
          <Text size="sm" c="dimmed" mt="sm">
            Node {called.value.node} · ONNX Runtime {called.value.engine.onnxruntime} · tfjs{' '}
            {called.value.engine.tfjs}
          </Text>
        </>
      )}
    </section>
  );
}
