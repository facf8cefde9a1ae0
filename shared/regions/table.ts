/** English names that are written otherwise too: an older romanisation, or long vowels letter by letter. */
export const OTHER_ENGLISH: Readonly<Record<string, readonly string[]>> = {
  '01': ['Hokkaidou'],
  '10': ['Gumma'],
  '13': ['Toukyou'],
  '26': ['Kyouto'],
  '27': ['Oosaka', 'Ohsaka'],
  '28': ['Hyougo'],
  '39': ['Kouchi'],
  '44': ['Ooita', 'Ohita'],
};

/** What the last character of a Japanese name, the kind of prefecture, is in Latin letters. */
export const KINDS: Readonly<Record<string, string>> = { 都: 'to', 府: 'fu', 県: 'ken' };

/**
 * Japan's 47 prefectures: JIS X 0401 code (ISO 3166-2:JP without `JP-`), Japanese name, English name, and the
 * column and row of a tile map of 12 columns and 14 rows.
 */
export const PREFECTURES: readonly (readonly [code: string, ja: string, en: string, column: number, row: number])[] = [
  ['01', '北海道', 'Hokkaido', 11, 0],
  ['02', '青森県', 'Aomori', 11, 2],
  ['03', '岩手県', 'Iwate', 11, 3],
  ['04', '宮城県', 'Miyagi', 11, 4],
  ['05', '秋田県', 'Akita', 10, 3],
  ['06', '山形県', 'Yamagata', 10, 4],
  ['07', '福島県', 'Fukushima', 11, 5],
  ['08', '茨城県', 'Ibaraki', 11, 6],
  ['09', '栃木県', 'Tochigi', 10, 6],
  ['10', '群馬県', 'Gunma', 9, 6],
  ['11', '埼玉県', 'Saitama', 9, 7],
  ['12', '千葉県', 'Chiba', 11, 7],
  ['13', '東京都', 'Tokyo', 10, 7],
  ['14', '神奈川県', 'Kanagawa', 9, 8],
  ['15', '新潟県', 'Niigata', 10, 5],
  ['16', '富山県', 'Toyama', 9, 5],
  ['17', '石川県', 'Ishikawa', 8, 5],
  ['18', '福井県', 'Fukui', 6, 6],
  ['19', '山梨県', 'Yamanashi', 8, 7],
  ['20', '長野県', 'Nagano', 8, 6],
  ['21', '岐阜県', 'Gifu', 7, 6],
  ['22', '静岡県', 'Shizuoka', 8, 8],
  ['23', '愛知県', 'Aichi', 7, 7],
  ['24', '三重県', 'Mie', 7, 8],
  ['25', '滋賀県', 'Shiga', 6, 7],
  ['26', '京都府', 'Kyoto', 5, 7],
  ['27', '大阪府', 'Osaka', 5, 8],
  ['28', '兵庫県', 'Hyogo', 4, 7],
  ['29', '奈良県', 'Nara', 6, 8],
  ['30', '和歌山県', 'Wakayama', 6, 9],
  ['31', '鳥取県', 'Tottori', 3, 7],
  ['32', '島根県', 'Shimane', 2, 7],
  ['33', '岡山県', 'Okayama', 3, 8],
  ['34', '広島県', 'Hiroshima', 2, 8],
  ['35', '山口県', 'Yamaguchi', 1, 8],
  ['36', '徳島県', 'Tokushima', 4, 10],
  ['37', '香川県', 'Kagawa', 4, 9],
  ['38', '愛媛県', 'Ehime', 3, 9],
  ['39', '高知県', 'Kochi', 3, 10],
  ['40', '福岡県', 'Fukuoka', 1, 9],
  ['41', '佐賀県', 'Saga', 0, 9],
  ['42', '長崎県', 'Nagasaki', 0, 10],
  ['43', '熊本県', 'Kumamoto', 0, 11],
  ['44', '大分県', 'Oita', 1, 10],
  ['45', '宮崎県', 'Miyazaki', 1, 11],
  ['46', '鹿児島県', 'Kagoshima', 1, 12],
  ['47', '沖縄県', 'Okinawa', 0, 13],
];
