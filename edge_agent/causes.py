"""Technical causes (原因) in Chinese: the sentences in which rooms and the operating system say what went wrong.

A finding carries its cause as one English sentence, which the log has too and an English page shows as it is. What is
not in the table is shown as it was told: better a foreign sentence than none.
"""

from __future__ import annotations

import re
from typing import Final

_CAUSES: Final = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        # the operating system, also inside other sentences
        (r"(?:\[Errno -?\d+\] )?Connection refused", "对方拒绝连接，服务没有开"),
        (r"(?:\[Errno -?\d+\] )?No route to host", "网络到不了，多半断电或断网"),
        (r"(?:\[Errno -?\d+\] )?Network is unreachable", "本机网络不通"),
        (r"(?:\[Errno -?\d+\] )?Connection reset by peer", "对方中断了连接"),
        (r"(?:\[Errno -?\d+\] )?Broken pipe", "连接断了"),
        (r"(?:\[Errno -?\d+\] )?(?:[Tt]imed out|Connection timed out)", "等不到回应"),
        (r"(?:\[Errno -?\d+\] )?(?:Name or service not known|Temporary failure in name resolution)", "名称解析不了"),
        (r"(?:\[Errno -?\d+\] )?No such file or directory", "文件不存在"),
        (r"(?:\[Errno -?\d+\] )?Permission denied", "没有权限"),
        (r"(?:\[Errno -?\d+\] )?Input/output error", "读写出错"),
        (r"(?:\[Errno -?\d+\] )?No space left on device", "硬盘满了"),
        (r"(?:\[Errno -?\d+\] )?Read-only file system", "硬盘只能读"),
        (r"no interface (?P<name>\S+) with an IPv4 address; there are (?P<value>.*)",
         "没有网卡 %(name)s，或它没有 IPv4 地址；有 %(value)s"),
        # devices
        (r"(?P<place>\S+) gave no whole answer within (?P<time>\S+) s", "%(place)s 在 %(time)s 秒内没有答完"),
        (r"this box has no network to reach (?P<place>\S+)", "本机网络不通，到不了 %(place)s"),
        (r"(?P<place>\S+) does not speak HTTP as it should .*", "%(place)s 的回答不是正常的 HTTP"),
        (r"an answer of more than \d+ bytes was cut off", "回答长得没有尽头，已截断"),
        (r"the connection broke in the middle of an answer", "回答到一半断了"),
        (r"the device told (?:an address that is none|no http address): (?P<value>.*)",
         "设备给的地址不能用：%(value)s"),
        (r"(?P<value>\S+) is no (?:http )?address(?:: .*)?", "%(value)s 不是网址"),
        (r"the device tells no time", "设备不说时间"),
        (r"the device began a search and did not say which", "设备查录像没有给出编号"),
        (r"the device opened a pull point and did not say where", "设备订阅事件没有给出地址"),
        (r"the device named a stream without its address", "设备没有给出视频流的地址"),
        (r"the camera's still is not a whole JPEG picture", "抓拍的图不完整"),
        (r"the device's clock shows no date: (?P<value>.*)", "设备时钟显示的不是日期：%(value)s"),
        (r"HTTP (?P<code>\d+) without SOAP: .*", "这个地址没有 ONVIF 服务（HTTP %(code)s）"),
        (r"HTTP (?P<code>\d+) without SOAP", "回答里没有 ONVIF 内容（HTTP %(code)s）"),
        (r"a SOAP envelope without content", "回答是空的"),
        (r"the answer is not XML", "回答读不懂，不是 XML"),
        (r"the answer declares a document type .*", "回答里有外部实体，像是攻击，已拒绝"),
        (r"the (?:device|camera) answered HTTP (?P<code>\d+).*", "设备回答 HTTP %(code)s"),
        (r"the device answered (?P<code>\w+): (?P<cause>.*)", "设备答复 %(code)s：%(cause)s"),
        (r"the device answered with a fault: (?P<cause>.*)", "设备答复：%(cause)s"),
        (r"the device has no (?P<value>\w+) service", "设备没有 %(value)s 服务"),
        (r"the device has no encoder (?P<value>.*)", "设备没有编码器 %(value)s"),
        (r"the log-in was refused before and .*", "之前登录被拒，为免锁住账号暂不再试"),
        (r"the log-in was refused before it went away", "断开之前登录被拒"),
        (r"the device took the time and is (?P<time>\S+) s off .*", "设备收下了时间，仍差 %(time)s 秒"),
        (r"asked for (?P<asked>.*), the device has (?P<now>.*)", "要求 %(asked)s，设备是 %(now)s"),
        (r"credential (?P<name>\S+): set the environment variable (?P<value>\S+)",
         "凭据 %(name)s：请设置环境变量 %(value)s"),
        (r"credential (?P<name>\S+): (?P<file>\S+) cannot be read \((?P<cause>.*)\)",
         "凭据 %(name)s：读不到 %(file)s（%(cause)s）"),
        # footage that devices hold themselves
        (r"footage from before such devices existed: .*", "录像日期早得不可能，时钟没校过或是编的"),
        (r"footage from the future", "录像日期在将来"),
        (r"footage that ends before it begins", "录像还没开始就结束了"),
        (r"it claims footage and shows none", "说有录像，却查不到"),
        (r"it says that it records, and .*", "说在录，最后一段却不再变长"),
        # streams
        (r"(?P<place>\S+) refuses the log-in; .*", "%(place)s 拒绝登录，请改设备凭据"),
        (r"nobody answers at (?P<place>\S+) \((?P<cause>.*)\)", "%(place)s 没有回应（%(cause)s）"),
        (r"the name (?P<name>\S+) is not known here", "名称 %(name)s 解析不了"),
        (r"(?P<place>\S+) ended the stream", "%(place)s 中断了视频流"),
        (r"no frame for (?P<time>\S+) s from (?P<place>\S+)", "%(place)s 有 %(time)s 秒没有图像"),
        (r"(?P<place>\S+) offers (?P<value>.*); set the camera's .*",
         "%(place)s 给的是 %(value)s，请把主码流改成 H.264 或 H.265"),
        (r"(?P<place>\S+) asks for a log-in of a kind .*", "%(place)s 的登录方式不支持"),
        (r"(?P<place>\S+) serves no further viewer .*", "%(place)s 的取流路数满了"),
        (r"(?P<place>\S+) answers (?P<what>\w+) with (?P<code>.*)", "%(place)s 对 %(what)s 回答 %(code)s"),
        (r"(?P<place>\S+) does not answer (?P<what>\w+) within (?P<time>\S+) s",
         "%(place)s 在 %(time)s 秒内没有回答 %(what)s"),
        (r"the connection to (?P<place>\S+) broke \((?P<cause>.*)\)", "到 %(place)s 的连接断了（%(cause)s）"),
        (r"(?P<place>\S+) takes no requests any more", "%(place)s 不再接受请求"),
        (r"(?P<place>\S+) sends (?:something that is not RTSP|an answer of \d+ bytes)",
         "%(place)s 的回答不是正常的 RTSP"),
        (r"(?P<place>\S+) is not an rtsp:// address", "%(place)s 不是 rtsp:// 地址"),
        (r"(?P<name>\S+): the camera changes its video format again and again; .*",
         "%(name)s：视频格式反复变化，请固定一种"),
        (r"a parameter set of the video is .*", "视频参数不完整"),
        (r"the video claims to be (?P<value>.*) pixels", "视频自称有 %(value)s 像素"),
        (r"the camera sends frames of more than \d+ bytes", "单帧图像大得不正常"),
        # volumes
        (r"volume \S+: (?P<place>\S+) is full", "%(place)s 满了"),
        (r"volume \S+: (?P<place>\S+) cannot be written to", "%(place)s 写不进去"),
        (r"volume \S+: (?P<place>\S+) went away; .*", "%(place)s 不见了，请重新挂载"),
        (r"volume \S+: (?P<place>\S+) does not answer; .*", "%(place)s 没有反应，请看硬盘或网络存储"),
        (r"volume \S+: (?P<place>\S+) fails \((?P<cause>.*)\); .*", "%(place)s 出错（%(cause)s），请换盘"),
        (r"volume \S+: nothing is mounted at (?P<place>\S+); .*", "%(place)s 没有挂载"),
        (r"volume \S+: (?P<place>\S+) is not there; .*", "%(place)s 不在，请挂载"),
        (r"volume \S+: (?P<place>\S+) holds no \S+: .*", "%(place)s 上没有录像盘标识，多半没有挂载"),
        (r"volume \S+: the disk at (?P<place>\S+) was never used .*", "%(place)s 的硬盘还没有启用"),
        (r"volume \S+: the disk at (?P<place>\S+) is in use already .*", "%(place)s 的硬盘已经在用"),
        (r"volume \S+: the disk at (?P<place>\S+) is another one .*", "%(place)s 的硬盘不是原来那块"),
        (r"volume \S+: \S+ is damaged", "录像盘标识坏了"),
        (r"volume \S+: (?P<free>\d+) MiB are free, (?P<kept>\d+) MiB are kept in reserve .*",
         "只剩 %(free)s MiB，要留 %(kept)s MiB 备用，请加盘"),
        (r"volume \S+: a fragment takes (?P<time>\S+) s .*", "写一段要 %(time)s 秒，跟不上"),
        # lines and contacts
        (r"the broker has not answered for (?P<time>\S+) s", "接警线路 %(time)s 秒没有回应"),
        (r"the broker ended the connection before accepting it", "接警线路没有接受就断开"),
        (r"the connection ended: (?P<cause>.*)", "连接中断：%(cause)s"),
        (r"pressed for two minutes", "已按住两分钟"),
    )
)  # fmt: skip

_SORT: Final = re.compile(r"\w+(?:Error|Exception): (?P<cause>.*)", re.DOTALL)
_PLACE: Final = re.compile(r"(?P<place>[^:]+(?::\d+)?): (?P<cause>.*)", re.DOTALL)

_HAN: Final = re.compile("[\u4e00-\u9fff]")


def chinese_cause(told: str) -> str:
    """A cause in Chinese, as far as the table knows it; else as it was told."""
    for pattern, words in _CAUSES:
        if found := pattern.fullmatch(told):
            values = found.groupdict()
            return words % (values | {"cause": chinese_cause(values["cause"])} if "cause" in values else values)
    if found := _SORT.fullmatch(told):
        cause = chinese_cause(found["cause"])
        return cause if cause != found["cause"] else told
    if found := _PLACE.fullmatch(told):
        cause = chinese_cause(found["cause"])
        return f"{found['place']}：{cause}" if cause != found["cause"] else told
    return told


def in_both(told: str, otherwise: str = "出错了", *, code: str = "") -> str:
    """For a terminal: Chinese first, `otherwise` where the table knows nothing; then `code` and as it was told."""
    if _HAN.search(told):
        return told  # some rooms say it in both themselves
    chinese = chinese_cause(told)
    return f"{otherwise if chinese == told else chinese} / {f'{code}: ' if code else ''}{told}"
