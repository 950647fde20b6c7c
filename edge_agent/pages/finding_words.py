"""What a finding means and what to do about it (异常说明), by its kind."""

from __future__ import annotations

from typing import Final

from web.language import mark
from web.problem import Words

_WORDS: Final = {
    "camera.unreachable": Words(mark("连不上设备"), mark("查电源和网线；还不行就请技术人员看交换机。")),
    "camera.unreachable_together": Words(mark("多台设备同时连不上"), mark("多半是交换机或供电，先看弱电箱。")),
    "camera.own_link_down": Words(mark("本机网线断了"), mark("检查录像机的网线和交换机。摄像机本身可能没有问题。")),
    "camera.login_refused": Words(
        mark("设备不认登录密码，已停止尝试"), mark("请技术人员在设置里写对密码；继续试会锁住账号。")
    ),
    "camera.clock_wrong": Words(mark("设备时钟不准"), mark("请技术人员给设备校时，并核对时区是北京时间。")),
    "camera.device_changed": Words(mark("设备换了或恢复了出厂设置"), mark("请技术人员核对设备，确认后更新一机一档。")),
    "camera.swapped": Words(mark("两台设备的地址对调了"), mark("请技术人员核对各点位的设备。")),
    "camera.no_such_source": Words(mark("设备上没有设置里写的通道"), mark("请技术人员核对通道号。")),
    "storage.not_recording": Words(mark("没有在录"), mark("先看设备是否连得上；连得上还不录，请技术人员。")),
    "storage.unreachable": Words(mark("取不到视频流"), mark("先看设备是否连得上，再请技术人员看视频流设置。")),
    "storage.stalled": Words(mark("视频流中断过久"), mark("正在重连；反复出现时请技术人员看网络。")),
    "storage.stream_unsupported": Words(mark("视频格式不支持"), mark("请技术人员把设备改成 H.264 或 H.265。")),
    "storage.audio_dropped": Words(mark("声音格式存不了，只存图像"), mark("需要声音时请技术人员把音频改成 AAC。")),
    "storage.catalogue_failed": Words(mark("录像目录写不进去"), mark("多半是磁盘满或坏，请技术人员马上看。")),
    "storage.volume_missing": Words(mark("录像盘不在"), mark("请检查硬盘是否插好、是否换过。录像没有被删。")),
    "storage.volume_full": Words(mark("录像盘满了"), mark("未到期的录像不会被删；请负责人决定加盘或调整。")),
    "uplink.path_lost": Words(mark("到接警中心的线路不通"), mark("正在重连。报警会走其他线路；急事请打 110。")),
    "alarm.no_receipt": Words(mark("报警没有回执"), mark("请马上拨打 110，说明学校名称和地址。")),
    "gate.book_unusable": Words(
        mark("登记簿打不开，门卫页面没有启动"), mark("墙上按钮仍可报警。请技术人员马上恢复备份；来访先记在纸上。")
    ),
    "role.unclean_end": Words(mark("程序上次没有正常结束"), mark("已自动修复。常出现时请技术人员看供电。")),
    "role.power_lost": Words(mark("上次是断电停机"), mark("已自动修复。请检查供电或不间断电源。")),
}
_UNKNOWN: Final = Words(mark("发现异常"), mark("请技术人员查看详情。"))


def words_of(kind: str) -> Words:
    """What it means and the next step; a kind nobody has described yet says that much."""
    return _WORDS.get(kind, _UNKNOWN)
