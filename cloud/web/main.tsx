import 'uplot/dist/uPlot.min.css';
import './style/tokens.css';
import './style/page.css';
import './style/map.css';
import './style/region.css';
import './style/lists.css';
import { render } from 'preact';
import { startHistory } from './page/history.ts';
import { startLists } from './page/lists.ts';
import { startLiveFeed } from './page/live-feed.ts';
import { App } from './view/app.tsx';

render(<App />, document.body);
startLiveFeed();
startHistory();
startLists();
