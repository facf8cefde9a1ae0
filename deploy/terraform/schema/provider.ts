import { join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { TERRAFORM } from '../place.ts';
import type { Block, ProviderSchema } from './provider-schema.ts';
import {
  appliedValue,
  type DynamicValue,
  decodeValue,
  encodeValue,
  type ObjectValue,
  plannedValue,
  readValue,
} from './values.ts';
import { wireSchema } from './wire-schema.ts';

/** What a provider without a cloud behind it says where the real one would ask the cloud. */
export interface Answers {
  /** What data sources tell, by their type. What is left out is made up. */
  readonly dataSources?: Readonly<Record<string, ObjectValue>>;
  /** Why a resource of a type can't be made, by the type. Nothing is refused if left out. */
  readonly refused?: ReadonlyMap<string, string>;
}

/** A provider that is being served. */
export interface ServedProvider {
  /** What `TF_REATTACH_PROVIDERS` says of it. */
  readonly reattach: object;
  close(): void;
}

interface Request {
  readonly type_name: string;
  readonly config: DynamicValue;
  readonly prior_state: DynamicValue;
  readonly proposed_new_state: DynamicValue;
  readonly planned_state: DynamicValue;
  readonly current_state: DynamicValue;
  readonly raw_state: { readonly json: Uint8Array };
}

/** What the provider answers, by the name of the call. Pure: a resource is what Terraform holds of it, nothing else. */
function answersTo(schema: ProviderSchema, answers: Answers): Readonly<Record<string, (request: Request) => object>> {
  const blockOf = (type: string): Block => schema.resource_schemas[type]!.block;
  return {
    GetSchema: () => wireSchema(schema),
    PrepareProviderConfig: ({ config }) => ({ prepared_config: config }),
    ValidateResourceTypeConfig: () => ({}),
    ValidateDataSourceConfig: () => ({}),
    UpgradeResourceState: ({ raw_state }) => ({ upgraded_state: { json: raw_state.json } }),
    Configure: () => ({}),
    ReadResource: ({ current_state }) => ({ new_state: current_state }),
    PlanResourceChange: ({ type_name, prior_state, proposed_new_state }) => {
      const [prior, proposed] = [decodeValue(prior_state), decodeValue(proposed_new_state)];
      return { planned_state: encodeValue(plannedValue(blockOf(type_name), prior, proposed)) };
    },
    ApplyResourceChange: ({ type_name, prior_state, planned_state }) => {
      const refusal = answers.refused?.get(type_name);
      if (refusal !== undefined)
        return { new_state: prior_state, diagnostics: [{ severity: 'ERROR', summary: refusal, detail: '' }] };
      return { new_state: encodeValue(appliedValue(type_name, blockOf(type_name), decodeValue(planned_state))) };
    },
    ReadDataSource: ({ type_name, config }) => {
      const { block } = schema.data_source_schemas[type_name]!;
      return {
        state: encodeValue(
          readValue(type_name, block, decodeValue(config) ?? {}, answers.dataSources?.[type_name] ?? {}),
        ),
      };
    },
    Stop: () => ({}),
  };
}

/** Serves `schema` as a provider over Terraform's plugin protocol 5, on a free port of the loopback address. */
export async function serveProvider(schema: ProviderSchema, answers: Answers = {}): Promise<ServedProvider> {
  const definition = loadSync(join(TERRAFORM, 'schema/provider.proto'), {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
  });
  const server = new Server({ 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 });
  const calls = Object.entries(answersTo(schema, answers)).map(([name, answer]): [string, UntypedHandleCall] => [
    name,
    ({ request }: ServerUnaryCall<Request, object>, done: sendUnaryData<object>) => {
      try {
        done(null, answer(request));
      } catch (error) {
        done(error as Error);
      }
    },
  ]);
  server.addService(definition['tfplugin5.Provider'] as Parameters<Server['addService']>[0], Object.fromEntries(calls));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    reattach: {
      Protocol: 'grpc',
      ProtocolVersion: 5,
      Pid: process.pid,
      // Terraform must not end this process when it is done.
      Test: true,
      Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
    },
    close: () => server.forceShutdown(),
  };
}
