import { regionOf, resolveRegion } from '@tashika/shared/regions';
import { type Reason, type ReasonValues, type Sentences, sentenceIn } from '../../fleet/reason/reason.ts';
import { formatFor } from './format.ts';

const { integer, measured, counter } = formatFor('ja');

/** Why a rollout or a device moved, in Japanese. What people and updaters wrote is quoted as it is. */
export const reasonsJa: Sentences = {
  words: ({ words }) => words,

  planned: ({ image, devices, waves, leftOut, haveIt }) =>
    [
      `${image === null ? '' : `${image}: `}${integer(devices)} 台を全 ${integer(waves)} 波で更新する計画です。`,
      leftOut > 0 && `対象 ${integer(devices + leftOut)} 台のうち ${integer(leftOut)} 台はどの波にも入りません。`,
      haveIt > 0 && `ほかに ${integer(haveIt)} 台がすでにこのイメージです。`,
    ]
      .filter(Boolean)
      .join(''),
  approved: ({ by, words }) => quoting(`${by} が承認しました`, words),
  started: ({ by, words }) => quoting(`${by} が開始しました`, words),
  'paused-by-person': ({ by, words }) => quoting(`${by} が一時停止しました`, words),
  resumed: ({ by, words }) => quoting(`${by} が再開しました`, words),
  aborted: ({ by, words }) => quoting(`${by} が中止しました`, words),
  'aborted-and-rolled-back': ({ by, words }) => quoting(`${by} が中止し、巻き戻しを指示しました`, words),

  revoked: ({ image, words }) => quoting(`${image} は失効しました`, words),
  'signal-reached': signalReached,
  'silent-after-soak': ({ silent, of, early }) =>
    [
      `観察終了時に ${integer(of)} 台中 ${integer(silent)} 台が無応答でした。`,
      early > 0 && `ほかに ${integer(early)} 台が観察中に無応答になっています。`,
      of - silent - early > 0 && `残り ${integer(of - silent - early)} 台は応答しています。`,
    ]
      .filter(Boolean)
      .join(''),
  'wave-failed': ({ failed, of, wave }) =>
    `第 ${integer(wave)} 波の ${integer(of)} 台中 ${integer(failed)} 台で更新に失敗しました。`,
  'board-failed': ({ failed, of, board, region }) =>
    `${placeOf(region) ?? '地域不明'}の${board === null ? 'ボード不明のデバイス' : `ボード ${board} `}では、${integer(of)} 台中 ${integer(failed)} 台で更新に失敗しました。`,
  'neighbours-silent': ({ regions }) =>
    `${regions.map(placeOf).join('、')}では未更新のデバイスも無応答のため、更新済みデバイスの良否を判断できません。`,
  'judgeable-again': () => '判断できる状態に戻りました。',

  soaking: ({ wave, minutes }) =>
    `第 ${integer(wave)} 波の最後のデバイスが完了しました。これから ${lengthOf(minutes)}観察します。`,
  'wave-empty': ({ wave }) => `第 ${integer(wave)} 波には更新対象のデバイスがもうありません。`,
  'too-few-heard': ({ wave, least }) =>
    `第 ${integer(wave)} 波の観察時間は満了しましたが、測定値を確認できた更新済みデバイスが ${integer(least)} 台に達していません。`,
  'not-called-good': ({ wave }) =>
    `第 ${integer(wave)} 波の観察時間は満了しましたが、ゲートはまだ良好と判定していません。`,
  'wave-passed': ({ wave, of, devices }) =>
    `第 ${integer(wave)} 波(全 ${integer(of)} 波)は合格です。更新した ${integer(devices)} 台の測定値は集計され続けています。`,
  'rolling-back': ({ cause, image, leaving, underWay }) =>
    `${causeOf(cause)}${image} から巻き戻すデバイスは ${integer(leaving)} 台、更新中だったデバイスは ${integer(underWay)} 台です。`,
  'rolled-back': ({ cause, telling, kept }) => {
    const others = kept > 0 ? `(合格済みの波の ${integer(kept)} 台を除く)` : '';
    const ending =
      telling > 0
        ? `${integer(telling)} 台がまだこのイメージを示しています${others}。各デバイスの理由を確認してください。`
        : `このイメージを示すデバイスはもうありません${others}。`;
    return causeOf(cause) + ending;
  },
  'devices-deleted': ({ were }) =>
    `保存期間が過ぎたため、デバイスごとの記録を削除しました。最終状態は${were
      .map(({ state, devices }) => `「${DEVICE_STATES[state]}」${integer(devices)} 台`)
      .join('、')}です。`,

  'had-it-before': ({ version }) => `提示する前から ${version} でした。`,
  'its-wave': ({ wave }) => `第 ${integer(wave)} 波の順番が来ました。`,
  'tells-version': ({ version }) => `測定値が ${version} を示しました。`,
  'tells-former-again': ({ told, version }) => `測定値が ${version} の後、再び ${told} を示しました。`,
  'tells-after-all': ({ version, state }) =>
    `「${DEVICE_STATES[state]}」とされた後に、測定値が ${version} を示しました。`,
  'tells-former-since-install': ({ told }) => `インストールしたはずですが、測定値は ${told} を示しています。`,
  'updater-says': ({ said, words }) => quoting(`アップデーターの報告は「${wordOf(said)}」です`, words),
  'taken-back': () => 'インストールの前に取り下げられました。',
  'timed-out': ({ minutes, lastState }) =>
    `${lengthOf(minutes)}待っても完了しませんでした。${lastState === null ? 'アップデーターは一度も取りに来ませんでした。' : `最後の状態は「${DEVICE_STATES[lastState]}」です。`}`,
  'sim-lost': () => '回線が別のデバイスに移ったため、このデバイスのバージョンは分かりません。',
  'its-wave-passed': ({ wave }) => `第 ${integer(wave)} 波が合格しました。`,
  'halted-before-turn': () => '順番が来る前にロールアウトが自動停止しました。',
  'aborted-before-turn': () => '順番が来る前にロールアウトが中止されました。',
  'left-as-is': () => 'ロールアウトが中止されたため、そのままにします。',
  'installed-already': () => 'イメージはすでにインストールされていました。',
  leaving: ({ because, noWayBack }) => LEAVING[because] + (noWayBack === null ? '' : noWay(noWayBack)),
  'no-way-back': noWay,
  reimaged: ({ told, version, former }) =>
    `測定値が ${told} を示しました。${version} でも以前の ${former} でもないため対象から外し、巻き戻しの提示を取り下げました。`,
  'rollback-refused': ({ said, words }) =>
    quoting(`巻き戻せませんでした。アップデーターの報告は「${wordOf(said)}」です`, words),
  'rollback-given-up': ({ why }) => `巻き戻せませんでした。${reasonInJa(why)}`,
  'rollback-timed-out': ({ minutes, telling, before }) =>
    `${telling === null ? `巻き戻しの指示から ${lengthOf(minutes)}、応答がありません。` : `巻き戻しの指示から ${lengthOf(minutes)}たっても ${telling} を示しています。`}${causeOf(before)}`,

  'action-closed': ({ image, why }) =>
    `${image}: ${why.code === 'words' ? `「${why.values.words}」` : reasonInJa(why)}`,
  'bundle-gone': () => 'バンドルが保管場所にありません。',
  'bundle-of-other-size': ({ bytes, expected }) =>
    `保管場所のバンドルの大きさが違います(${integer(bytes)} バイト、本来は ${integer(expected)} バイト)。`,
  'begun-too-often': ({ times }) => `ダウンロードが先頭から ${integer(times)} 回やり直されました。`,
};

/** States of devices, as the page has them. */
export const DEVICE_STATES: Readonly<Record<ReasonValues['tells-after-all']['state'], string>> = {
  waiting: '待機',
  offered: '提示済み',
  downloading: 'ダウンロード中',
  installing: 'インストール中',
  rebooting: '再起動中',
  updated: '更新済み・観察中',
  kept: '確定',
  failed: 'インストール失敗',
  'fell-back': '旧版に復帰',
  vanished: '応答なし',
  leaving: '巻き戻し中',
  'rolled-back': '巻き戻し済み',
  skipped: '見送り',
};

/** What updaters say in DDI's words. */
const DDI_WORDS: Readonly<Record<string, string>> = {
  success: '成功',
  failure: '失敗',
  cancelled: '取り消し',
  canceled: '取り消し',
  closed: '終了',
  download: 'ダウンロード中',
  downloaded: 'ダウンロード完了',
  proceeding: '進行中',
  scheduled: '予約済み',
  rejected: '拒否',
  resumed: '再開',
  none: '結果なし',
  nothing: '報告なし',
};

const LEAVING: Readonly<Record<ReasonValues['leaving']['because'], string>> = {
  'rolled-back': 'イメージを巻き戻します。',
  tells: '測定値がこのイメージを示しています。',
  installed: 'アップデーターがイメージをインストールしました。',
  'tells-after-all': '後から測定値がこのイメージを示しました。',
};

/** What happened so and so often. */
const HAPPENED: Readonly<Record<Exclude<ReasonValues['signal-reached']['signal'], 'rate'>, string>> = {
  silence: '無応答',
  clock: '時計の悪化またはイベント拒否',
  completeness: '測定値の消失',
  spool: '回線があるのに未送信が増える状態',
  version: '別のバージョンへの復帰',
  restarts: 'エージェントの起動',
};

function signalReached(values: ReasonValues['signal-reached']): string {
  const { signal, devices, region, board, observed, expected, evidence, threshold } = values;
  const place = [placeOf(region), board !== null && `ボード ${board} `].filter(Boolean).join('の');
  const who = place ? `${place}の更新済みデバイス` : `更新済みデバイス ${integer(devices)} 台`;
  const weight = `証拠 ${figure(evidence)} がしきい値 ${figure(threshold)} に達しました。`;
  if (signal === 'rate')
    return `${who}が更新後に取得した測定値は、自身の過去と近隣のデバイスから期待される件数の ${figure((100 * observed) / expected)}% です。${weight}`;
  return `${who}で、${HAPPENED[signal]}が ${figure(observed)} 回ありました(期待 ${figure(expected)} 回)。${weight}`;
}

function noWay({ former }: ReasonValues['no-way-back']): string {
  return former === null
    ? '以前のバージョンが不明なため、デバイス自身のスロットでしか戻せません。'
    : `以前の ${former} はレジストリにないか失効しているため、デバイス自身のスロットでしか戻せません。`;
}

function quoting(what: string, words: string | null): string {
  return words ? `${what}:「${words}」` : `${what}。`;
}

/** With a full stop after words that have none, for something follows. */
function causeOf(cause: Reason | null): string {
  const said = cause === null ? '' : reasonInJa(cause);
  return said === '' || /[。.]$/.test(said) ? said : `${said}。`;
}

/** A server may be newer than the page. */
function reasonInJa(why: Reason): string {
  return sentenceIn(reasonsJa, why) ?? why.code;
}

/** A state or a result of DDI, or both. */
function wordOf(said: string): string {
  return said
    .split(', ')
    .map((word) => (Object.hasOwn(DDI_WORDS, word) ? DDI_WORDS[word] : word))
    .join('・');
}

function placeOf(region: string | null): string | null {
  if (region === null) return null;
  const code = resolveRegion(region);
  return code === undefined ? `地域 ${region} ` : regionOf(code).ja;
}

function lengthOf(minutes: number): string {
  if (minutes > 0 && minutes % 1_440 === 0) return `${minutes / 1_440} 日`;
  return minutes > 0 && minutes % 60 === 0 && minutes < 1_440 ? `${minutes / 60} 時間` : counter(minutes * 60_000);
}

function figure(value: number): string {
  return value >= 100 && value < 1e6 ? integer(value) : measured(value, 2);
}
