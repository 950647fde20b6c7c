"""The media service (ver10). It has no word for H.265: such a stream is called H264 here, which is what devices do; the
truth is in media2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from simulator.onvif.encoder import FRAME_RATES, SetEncoder, bitrates, options, wanted_spec
from simulator.onvif.profiles import Profile, by_source, snapshot_path, video_source, video_source_configuration
from simulator.onvif.soap import NAMESPACES, Call, Operation, SoapFault, tag


class MediaService:
    def __init__(self, profiles: Sequence[Profile], rtsp_port: int, set_encoder: SetEncoder) -> None:
        self._profiles, self._rtsp_port, self._set_encoder = profiles, rtsp_port, set_encoder

    def operations(self) -> dict[str, Operation]:
        answers: tuple[Callable[[Call], str], ...] = (
            self.GetProfiles,
            self.GetProfile,
            self.GetVideoSources,
            self.GetVideoSourceConfigurations,
            self.GetVideoEncoderConfigurations,
            self.GetVideoEncoderConfiguration,
            self.GetVideoEncoderConfigurationOptions,
            self.SetVideoEncoderConfiguration,
            self.GetStreamUri,
            self.GetSnapshotUri,
            self.GetServiceCapabilities,
        )
        return {answer.__name__: answer for answer in answers}

    def GetProfiles(self, call: Call) -> str:  # noqa: N802
        profiles = "".join(_profile("trt:Profiles", profile) for profile in self._profiles)
        return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"

    def GetProfile(self, call: Call) -> str:  # noqa: N802
        profile = find_profile(self._profiles, call.text("trt:ProfileToken"))
        return f"<trt:GetProfileResponse>{_profile('trt:Profile', profile)}</trt:GetProfileResponse>"

    def GetVideoSources(self, call: Call) -> str:  # noqa: N802
        sources = "".join(
            f'<trt:VideoSources token="{video_source(source)}">{tag("tt:Framerate", main.spec.fps)}'
            f"<tt:Resolution>{tag('tt:Width', main.spec.width)}{tag('tt:Height', main.spec.height)}</tt:Resolution>"
            "</trt:VideoSources>"
            for source, (main, *_) in by_source(self._profiles).items()
        )
        return f"<trt:GetVideoSourcesResponse>{sources}</trt:GetVideoSourcesResponse>"

    def GetVideoSourceConfigurations(self, call: Call) -> str:  # noqa: N802
        configurations = source_configurations("trt:Configurations", self._profiles)
        return f"<trt:GetVideoSourceConfigurationsResponse>{configurations}</trt:GetVideoSourceConfigurationsResponse>"

    def GetVideoEncoderConfigurations(self, call: Call) -> str:  # noqa: N802
        configurations = "".join(_encoder("trt:Configurations", profile) for profile in self._profiles)
        return (
            f"<trt:GetVideoEncoderConfigurationsResponse>{configurations}</trt:GetVideoEncoderConfigurationsResponse>"
        )

    def GetVideoEncoderConfiguration(self, call: Call) -> str:  # noqa: N802
        profile = find_encoder(self._profiles, call.text("trt:ConfigurationToken"))
        configuration = _encoder("trt:Configuration", profile)
        return f"<trt:GetVideoEncoderConfigurationResponse>{configuration}</trt:GetVideoEncoderConfigurationResponse>"

    def GetVideoEncoderConfigurationOptions(self, call: Call) -> str:  # noqa: N802
        spec = find_encoder(self._profiles, call.text("trt:ConfigurationToken")).spec
        ranges = "".join(
            f"<tt:{name}>{tag('tt:Min', least)}{tag('tt:Max', most)}</tt:{name}>"
            for name, least, most in (
                ("GovLengthRange", 1, 400),
                ("FrameRateRange", FRAME_RATES[0], FRAME_RATES[-1]),
                ("EncodingIntervalRange", 1, 1),
            )
        )
        h264 = f"{options(spec)}{ranges}<tt:H264ProfilesSupported>Main</tt:H264ProfilesSupported>"
        return (
            "<trt:GetVideoEncoderConfigurationOptionsResponse><trt:Options>"
            "<tt:QualityRange><tt:Min>0</tt:Min><tt:Max>10</tt:Max></tt:QualityRange>"
            f"<tt:H264>{h264}</tt:H264><tt:Extension><tt:H264>{h264}{bitrates()}</tt:H264></tt:Extension>"
            "</trt:Options></trt:GetVideoEncoderConfigurationOptionsResponse>"
        )

    def SetVideoEncoderConfiguration(self, call: Call) -> str:  # noqa: N802
        configuration = call.operation.find("trt:Configuration", NAMESPACES)
        profile = find_encoder(self._profiles, call.attribute("trt:Configuration", "token"))
        assert configuration is not None  # it had a token
        gop = configuration.findtext("tt:H264/tt:GovLength", None, NAMESPACES)
        self._set_encoder(profile.encoder_token, wanted_spec(profile, configuration, gop_frames=gop))
        return "<trt:SetVideoEncoderConfigurationResponse/>"

    def GetStreamUri(self, call: Call) -> str:  # noqa: N802
        profile = find_profile(self._profiles, call.text("trt:ProfileToken"))
        uri = stream_uri(call, self._rtsp_port, profile)
        return f"<trt:GetStreamUriResponse>{_media_uri(uri)}</trt:GetStreamUriResponse>"

    def GetSnapshotUri(self, call: Call) -> str:  # noqa: N802
        profile = find_profile(self._profiles, call.text("trt:ProfileToken"))
        uri = call.base_url + snapshot_path(profile.source)
        return f"<trt:GetSnapshotUriResponse>{_media_uri(uri)}</trt:GetSnapshotUriResponse>"

    def GetServiceCapabilities(self, call: Call) -> str:  # noqa: N802
        return (
            '<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri="true">'
            f'<trt:ProfileCapabilities MaximumNumberOfProfiles="{len(self._profiles)}"/>'
            '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/>'
            "</trt:Capabilities></trt:GetServiceCapabilitiesResponse>"
        )


def find_profile(profiles: Sequence[Profile], token: str | None) -> Profile:
    for profile in profiles:
        if profile.token == token:
            return profile
    raise SoapFault("no such profile", subcodes=("ter:InvalidArgVal", "ter:NoProfile"))


def find_encoder(profiles: Sequence[Profile], token: str | None) -> Profile:
    for profile in profiles:
        if profile.encoder_token == token:
            return profile
    raise SoapFault("no such configuration", subcodes=("ter:InvalidArgVal", "ter:NoConfig"))


def stream_uri(call: Call, rtsp_port: int, profile: Profile) -> str:
    """Where the stream is, by the host name under which the client found us."""
    return f"rtsp://{urlsplit(call.base_url).hostname}:{rtsp_port}{profile.path}"


def source_configurations(element: str, profiles: Sequence[Profile]) -> str:
    """One element for each source of these profiles."""
    return "".join(_source_configuration(element, group) for group in by_source(profiles).values())


def _source_configuration(element: str, profiles: Sequence[Profile]) -> str:
    source, spec = profiles[0].source, profiles[0].spec
    return (
        f'<{element} token="{video_source_configuration(source)}">'
        f"<tt:Name>VideoSource</tt:Name>{tag('tt:UseCount', len(profiles))}"
        f"{tag('tt:SourceToken', video_source(source))}"
        f'<tt:Bounds x="0" y="0" width="{spec.width}" height="{spec.height}"/></{element}>'
    )


def _profile(element: str, profile: Profile) -> str:
    return (
        f'<{element} token="{profile.token}" fixed="true">{tag("tt:Name", profile.name)}'
        f"{source_configurations('tt:VideoSourceConfiguration', (profile,))}"
        f"{_encoder('tt:VideoEncoderConfiguration', profile)}</{element}>"
    )


def _encoder(element: str, profile: Profile) -> str:
    spec = profile.spec
    return (
        f'<{element} token="{profile.encoder_token}">{tag("tt:Name", profile.name)}<tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>H264</tt:Encoding><tt:Resolution>{tag('tt:Width', spec.width)}"
        f"{tag('tt:Height', spec.height)}</tt:Resolution>"
        f"<tt:Quality>4</tt:Quality><tt:RateControl>{tag('tt:FrameRateLimit', spec.fps)}"
        "<tt:EncodingInterval>1</tt:EncodingInterval>"
        f"{tag('tt:BitrateLimit', spec.bitrate_bps // 1000)}</tt:RateControl>"
        f"<tt:H264>{tag('tt:GovLength', spec.frames_per_gop)}<tt:H264Profile>Main</tt:H264Profile></tt:H264>"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
        "<tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        f"<tt:SessionTimeout>PT60S</tt:SessionTimeout></{element}>"
    )


def _media_uri(uri: str) -> str:
    return (
        f"<trt:MediaUri>{tag('tt:Uri', uri)}<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
    )
