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
    "camera.clocks_wrong_together": Words(
        mark("多台设备的时钟和本机差得一样多"),
        mark("先看本机时间：不准就请技术人员恢复本机校时；准的话，再给这些设备校时。"),
    ),
    "camera.device_changed": Words(mark("设备换了或恢复了出厂设置"), mark("请技术人员核对设备，确认后更新一机一档。")),
    "camera.swapped": Words(
        mark("这个地址上换了另一台设备"), mark("是你们换的，请在摄像机档案里确认；不是，请马上到现场查清。")
    ),
    "camera.rate_above_set": Words(
        mark("设备实际码率超过设定"), mark("存储天数会比预计少。请技术人员重设码率，不行就恢复原设定或升级固件。")
    ),
    "camera.frames_missing": Words(mark("实际帧率低于设定"), mark("请技术人员看设备负荷、夜间慢快门和网络。")),
    "camera.keyframes_rare": Words(mark("关键帧间隔太长"), mark("请技术人员把 I 帧间隔设为 1 到 2 秒，回放才能快进。")),
    "camera.packets_lost": Words(mark("视频丢包"), mark("请技术人员看网线、交换机端口和网络负荷。")),
    "camera.codec_not_as_set": Words(mark("设备实际编码与所报不同"), mark("请技术人员重设编码，不行就升级固件。")),
    "camera.codec_changed": Words(
        mark("视频编码变了"), mark("是你们改的，请在摄像机档案里确认；不是，请技术人员查清是谁改的。")
    ),
    "camera.set_not_kept": Words(
        mark("设备没有按我们设的参数工作"), mark("请技术人员看是不是有人改回，或固件不接受；可以重设或恢复原设定。")
    ),
    "camera.held_footage_doubtful": Words(
        mark("设备自己的录像说不清"), mark("不能指望它的存储卡。请技术人员校时、格式化或换卡。")
    ),
    "camera.held_footage_ended": Words(mark("设备自己不再录像"), mark("请技术人员看存储卡是否在、是否坏了。")),
    "camera.relay_not_switched": Words(
        mark("报警输出没有动作，警号可能没有响"), mark("报警照常发出。请技术人员检查警号接线和摄像机。")
    ),
    "camera.no_such_source": Words(mark("设备上没有设置里写的通道"), mark("请技术人员核对通道号。")),
    "camera.no_password": Words(mark("读不到设备密码"), mark("请技术人员在本机上写好密码文件或环境变量。")),
    "camera.not_onvif": Words(
        mark("这个地址上不是 ONVIF 设备"), mark("请技术人员核对地址和端口，或在设备上打开 ONVIF。")
    ),
    "camera.garbled": Words(mark("设备的回答读不懂"), mark("请技术人员重启设备；还不行就升级固件或换设备。")),
    "camera.fault": Words(mark("设备拒绝了请求"), mark("请技术人员看详情里的原因，多半是权限或固件。")),
    "picture.black": Words(mark("画面全黑"), mark("请看摄像机有没有被蒙住，电源和镜头是否正常。")),
    "picture.cannot_be_judged": Words(
        mark("图像无法全部判断，画面太单调或太暗"),
        mark("有的异常看不出来：请每天派人看一次这路画面，太暗就开灯，能转的转向有景物的一边。"),
    ),
    "picture.too_dark": Words(mark("画面太暗，看不清人"), mark("请看照明灯和补光灯是否亮。")),
    "picture.too_bright": Words(mark("画面太亮，看不清人"), mark("请看有没有强光直射镜头。")),
    "picture.signal_loss": Words(mark("画面是“无信号”"), mark("请技术人员检查镜头、摄像机和连接线。")),
    "picture.frozen": Words(mark("画面停住不动"), mark("请技术人员重启这台摄像机。这段时间的录像可能没有用。")),
    "picture.noise": Words(mark("画面满是雪花"), mark("请看补光灯；仍有雪花就请技术人员检查线路和设备。")),
    "picture.stripes": Words(mark("画面有条纹"), mark("请技术人员检查连接线、电源和接地。")),
    "picture.colour_cast": Words(mark("画面偏色"), mark("请技术人员看白平衡和红外滤片。")),
    "picture.blurred": Words(mark("画面模糊"), mark("请擦镜头，还不清楚就请技术人员对焦。")),
    "picture.covered": Words(mark("镜头被挡住了"), mark("请到现场拿开遮挡物，并查清是谁挡的。")),
    "picture.moved": Words(mark("摄像机被转动了"), mark("请对照两张图转回原位；有意转动的，请确认新画面。")),
    "storage.not_recording": Words(mark("没有在录"), mark("先看设备是否连得上；连得上还不录，请技术人员。")),
    "storage.unreachable": Words(mark("取不到视频流"), mark("先看设备是否连得上，再请技术人员看视频流设置。")),
    "storage.stalled": Words(mark("视频流中断过久"), mark("正在重连；反复出现时请技术人员看网络。")),
    "storage.stream_unsupported": Words(mark("视频格式不支持"), mark("请技术人员把设备改成 H.264 或 H.265。")),
    "storage.audio_dropped": Words(mark("声音格式存不了，只存图像"), mark("需要声音时请技术人员把音频改成 AAC。")),
    "storage.catalogue_failed": Words(mark("录像目录写不进去"), mark("多半是磁盘满或坏，请技术人员马上看。")),
    "storage.volume_missing": Words(mark("录像盘不在"), mark("请检查硬盘是否插好、是否换过。录像没有被删。")),
    "storage.volume_full": Words(mark("录像盘满了"), mark("未到期的录像不会被删；请负责人决定加盘或调整。")),
    "storage.volume_read_only": Words(mark("录像盘变成只读"), mark("多半是盘要坏了，请技术人员马上看。录像没有被删。")),
    "storage.volume_swapped": Words(mark("录像盘被换过"), mark("请装回原来的盘；原盘没有了，请技术人员用命令换盘。")),
    "storage.volume_failing": Words(mark("录像盘出错"), mark("请技术人员马上换盘；有别的盘时录像已转过去。")),
    "storage.volume_slow": Words(mark("录像盘太慢"), mark("请技术人员看硬盘或网络存储；有别的盘时录像已转过去。")),
    "storage.volume_hung": Words(mark("录像盘没有反应"), mark("请看网络存储和线路；有别的盘时录像已转过去。")),
    "storage.volume_new": Words(mark("新硬盘还没有启用"), mark("请技术人员认清是哪块盘，再用命令启用它。")),
    "storage.when_full_not_chosen": Words(
        mark("还没有人决定硬盘写满以后怎么办"), mark("请负责人打开“录像”里的“录像硬盘”，看存得下几天，再决定。")
    ),
    "storage.footage_missing": Words(mark("录像文件不见了"), mark("请技术人员看硬盘；已记为数据缺失。")),
    "storage.footage_altered": Words(mark("录像文件被改动"), mark("请技术人员看硬盘和谁进过机房；已记为数据缺失。")),
    "uplink.path_lost": Words(mark("到接警中心的线路不通"), mark("正在重连。报警会走其他线路；急事请打 110。")),
    # Also for what is no alarm, and without a word of one: a silent alarm must not be read here.
    "alarm.no_receipt": Words(mark("接警中心没有回执"), mark("请技术人员看线路。如果有人报警，请拨打 110 说明地址。")),
    "camera.tamper_reported": Words(mark("设备报告被遮挡或被动过"), mark("请到现场看摄像机有没有被挡住、转走或破坏。")),
    "camera.signal_loss": Words(mark("设备报告没有图像信号"), mark("请技术人员检查镜头和连接线。")),
    "camera.too_dark_reported": Words(mark("设备报告画面太暗"), mark("请看照明灯是否亮，镜头有没有被挡住。")),
    "camera.too_bright_reported": Words(mark("设备报告画面太亮"), mark("请看有没有强光直射镜头。")),
    "camera.blurry_reported": Words(mark("设备报告画面模糊"), mark("请擦镜头，还不清楚就请技术人员对焦。")),
    "camera.hardware_failure": Words(mark("设备报告硬件故障"), mark("请技术人员检查或更换设备。")),
    "camera.storage_failure": Words(mark("设备自己的存储卡坏了"), mark("本机录像不受影响。请技术人员换卡。")),
    "coverage.blind_spot": Words(mark("有没人看到的盲区"), mark("先修好没有图像的摄像机；仍有盲区就要加装。")),
    "coverage.kind_missing": Words(mark("有一类重点部位没有摄像机"), mark("请负责人安排在该处加装摄像机。")),
    "coverage.not_certain": Words(mark("覆盖情况说不准"), mark("请技术人员核对平面图和摄像机的安装位置。")),
    "coverage.pose_disagrees": Words(mark("摄像机的朝向与登记的不一样"), mark("请看摄像机有没有被转动，再更新登记。")),
    "coverage.private_view": Words(mark("摄像机可能拍到不该拍的地方"), mark("请技术人员核对画面，需要时设遮蔽区。")),
    "coverage.unplaced": Words(mark("摄像机没有标在平面图上"), mark("请技术人员登记它的安装位置和朝向。")),
    "picture.many_at_once": Words(mark("多路画面同时异常"), mark("多半是照明、网络或交换机，先看这三样。")),
    "storage.will_not_fit": Words(mark("硬盘存不满规定天数"), mark("请负责人尽早决定加盘或降低码率，现在还来得及。")),
    "alarm.database_replaced": Words(
        mark("报警记录文件坏了，已换上新文件"), mark("报警不受影响。旧文件已留下，请技术人员恢复备份并查明硬盘。")
    ),
    "alarm.not_stored": Words(mark("报警已发出，但还没有存盘"), mark("报警不受影响。请技术人员马上看本机硬盘。")),
    "alarm.input_stuck": Words(mark("报警按钮一直处于按下状态"), mark("请看按钮有没有卡住；卡住时新的按压听不到。")),
    "alarm.input_unreachable": Words(
        mark("报警按钮的接线盒连不上"), mark("这个按钮现在不能报警，请用屏幕按钮或打 110。")
    ),
    "alarm.input_wiring": Words(mark("报警按钮的线断了或短路"), mark("这个按钮现在不能报警，请技术人员马上修。")),
    "alarm.siren_unreachable": Words(mark("警号连不上"), mark("报警照常发出。请技术人员看警号的电源和线路。")),
    "alarm.input_untested": Words(mark("报警按钮漏了演练"), mark("请在“演练”页面布置并按一次，收到回执就算完成。")),
    "drill.evacuation_missed": Words(
        mark("应急疏散演练漏了一期"), mark("请尽快补做一次，并在“演练 › 应急疏散”里登记；登记后自动消除。")
    ),
    "drill.night_missed": Words(
        mark("住宿生夜间演练漏了一学期"), mark("请尽快补做一次夜间演练，并在“演练 › 应急疏散”里登记。")
    ),
    "safety.phone_report_late": Words(mark("突发事件电话报告超时"), mark("请马上电话报告，并在事件页面登记。")),
    "safety.written_report_late": Words(mark("突发事件书面报告超时"), mark("请马上报送书面报告，并在事件页面登记。")),
    "alarm.no_reserve": Words(
        mark("给报警预留的硬盘空间不足"), mark("报警照常发出，但可能存不下来。请技术人员马上腾出本机硬盘空间。")
    ),
    "uplink.certificate_ending": Words(
        mark("接警线路的证书快到期或已到期"),
        mark("过期后这条线路就连不上。请技术人员联系接警中心换发证书，放到原处即可，不用重启。"),
    ),
    "uplink.message_refused": Words(
        mark("拒收了一条冒充接警中心或有错的消息"),
        mark("报警照常发送。请技术人员看详情，与接警中心核对密钥；查不清就可能有人在冒充。"),
    ),
    "uplink.publish_refused": Words(
        mark("接警中心的线路拒绝本校发送"), mark("请马上打电话告知接警中心；急事请打 110。")
    ),
    "gate.erasure_failed": Words(
        mark("到期的来访信息没有删成"), mark("每小时会再试。请技术人员看硬盘和 keys 目录能不能写。")
    ),
    "gate.erasure_held_back": Words(
        mark("有来访信息到期了还没删"),
        mark("主机关机的日子不算在内，开够天数就会删；时钟跳过的话，请技术人员校时。急着删可在来访台账里逐条删除。"),
    ),
    "gate.book_unusable": Words(
        mark("登记簿打不开，门卫页面没有启动"), mark("墙上按钮仍可报警。请技术人员马上恢复备份；来访先记在纸上。")
    ),
    "gate.roster_gap": Words(mark("值班表有空档"), mark("请办公室在“校门 › 值班表”里把没有保安的时段排上人。")),
    "gate.leader_gap": Words(mark("带班领导有空档"), mark("请办公室在“校门 › 值班表”里排上带班领导。")),
    "gate.escort_gap": Words(mark("上放学没有排护学岗"), mark("请办公室在“校门 › 值班表”里排上护学岗。")),
    "gate.nobody_on_duty": Words(
        mark("门卫屏幕上没有人签到"), mark("请马上看门卫室有没有人；有人就请他在屏幕上签到。")
    ),
    "gate.patrol_missed": Words(mark("漏了一次巡查"), mark("请值班保安马上补巡，并查明为什么漏了。")),
    "role.unclean_end": Words(mark("程序上次没有正常结束"), mark("已自动修复。常出现时请技术人员看供电。")),
    "role.power_lost": Words(mark("上次是断电停机"), mark("已自动修复。请检查供电或不间断电源。")),
}
_UNKNOWN: Final = Words(mark("发现异常"), mark("请技术人员查看详情。"))


def words_of(kind: str) -> Words:
    """What it means and the next step; a kind nobody has described yet says that much."""
    return _WORDS.get(kind, _UNKNOWN)


def described_kinds() -> frozenset[str]:
    """The kinds that have words of their own."""
    return frozenset(_WORDS)
