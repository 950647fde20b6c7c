"""What the footage pages say: why footage is missing, how far an export is, what somebody did (录像用语)."""

from __future__ import annotations

from typing import Final

from config.volume import WhenFull
from edge_agent.access_log import AccessKind
from edge_agent.exports import ExportState
from web.language import mark
from web.signs import State

_UNKNOWN_CAUSE: Final = mark("原因不明")
_CAUSES: Final = {
    "not_started": mark("还没有开始录"),
    "not_known_yet": mark("刚刚发生，原因待查"),
    "asked": mark("程序正常停止或重启"),
    "end_of_stream": mark("摄像机结束了视频流"),
    "stalled": mark("视频流中断"),
    "login_refused": mark("摄像机不认密码"),
    "name_unknown": mark("找不到摄像机的地址"),
    "unreachable": mark("连不上摄像机"),
    "connection_lost": mark("与摄像机的连接断开"),
    "unsupported": mark("视频格式不支持"),
    "busy": mark("摄像机连接数已满"),
    "clock_stepped": mark("时钟跳变，换段"),
    "format_changed": mark("视频格式变化，换段"),
    "catalogue_failed": mark("录像目录写不进去"),
    "recorder_died": mark("录像程序异常退出"),
    "power_lost": mark("断电"),
    "rebuilt": mark("由硬盘上的文件重建"),
    "volume_missing": mark("录像盘不在"),
    "volume_read_only": mark("录像盘变成只读"),
    "volume_swapped": mark("录像盘被换过"),
    "volume_full": mark("录像盘满"),
    "volume_failing": mark("录像盘出错"),
    "volume_slow": mark("录像盘太慢"),
    "volume_hung": mark("录像盘没有反应"),
    "volume_new": mark("新硬盘还没有启用"),
    "volume_away": mark("录像所在的盘现在不在"),
    "lost_overwritten": mark("满盘后被覆盖"),
    "lost_missing": mark("录像文件不见了"),
    "lost_altered": mark("录像文件被改动"),
    "lost_torn": mark("录像文件损坏"),
    "lost_replaced": mark("硬盘换掉了，原盘上的录像没有了"),
}
_REASONS: Final = {
    "overwritten": mark("满盘后被覆盖"),
    "missing": mark("录像文件不见了"),
    "altered": mark("录像文件被改动"),
    "torn": mark("录像文件损坏"),
    "replaced": mark("硬盘换掉了，原盘上的录像没有了"),
    "volume_away": mark("录像所在的盘现在不在"),
    "not_verified": mark("超过两天没有核对过文件"),
}
WHEN_FULL: Final = {
    WhenFull.STOP: mark("停录并报警提示，未到期的不删"),
    WhenFull.OVERWRITE: mark("覆盖最早的录像，每段记为违反"),
}
VERDICTS: Final = {
    "met": mark("达标"),
    "accruing": mark("积累中"),
    "violated": mark("不达标"),
    "unknown": mark("未知"),
}
KINDS: Final = {
    AccessKind.PLAY: mark("回放"),
    AccessKind.LIVE: mark("看实时画面"),
    AccessKind.STILL: mark("看截图"),
    AccessKind.EXPORT: mark("导出"),
    AccessKind.DOWNLOAD: mark("下载导出文件"),
    AccessKind.HOLD: mark("录像保全"),
    AccessKind.UNHOLD: mark("解除保全"),
}
EXPORT_STATES: Final = {
    ExportState.WAITING: mark("排队中"),
    ExportState.WORKING: mark("正在导出"),
    ExportState.READY: mark("可下载"),
    ExportState.FAILED: mark("没有导出成"),
    ExportState.STOPPED: mark("已停止"),
    ExportState.REMOVED: mark("已过期删除"),
}
EXPORT_SIGNS: Final = {
    ExportState.WAITING: State.UNKNOWN,
    ExportState.WORKING: State.UNKNOWN,
    ExportState.READY: State.OK,
    ExportState.FAILED: State.FAILING,
    ExportState.STOPPED: State.UNKNOWN,
    ExportState.REMOVED: State.UNKNOWN,
}
_TROUBLES: Final = {
    "NoRoomError": mark("磁盘空间不够。请下载并等旧的导出到期删除，或缩短时段。"),
    "NothingThereError": mark("这段时间没有可用的录像。"),
    "TimeoutError": mark("录像所在的盘没有响应。请技术员检查网络存储和硬盘，恢复后再导出。"),
    "DiskAway": mark("这段录像所在的盘现在读不到。请技术员检查网络存储和硬盘，恢复后再导出。"),
    "TrackMismatch": mark("这段录像的声音格式中途变了。请分成两段导出。"),
}
_OTHER_TROUBLE: Final = mark("读录像或写文件时出错。请再试一次；仍不行时请技术员检查硬盘。")


def cause_word(cause: str) -> str:
    """Why a stretch is missing, as the key of the reader's text."""
    return _CAUSES.get(cause, _UNKNOWN_CAUSE)


def reason_words(reason: str) -> list[str]:
    """Why a verdict is a bad one."""
    return [_REASONS.get(each, _UNKNOWN_CAUSE) for each in reason.split(", ") if each]


def trouble_word(trouble: str) -> str:
    """Why an export failed, and what to do."""
    return _TROUBLES.get(trouble, _OTHER_TROUBLE)
