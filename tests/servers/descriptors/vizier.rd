<!-- Tables as TAPVizieR serves them; in_dachs/sitecustomize.py gives them their names there. -->
<resource schema="vizier" resdir=".">
  <meta name="title">VizieR tables of the tests</meta>
  <meta name="creationDate">2026-11-22T00:00:00Z</meta>
  <meta name="description">Measured light curves and spectroscopy in the layout of VizieR</meta>
  <meta name="creator">rrcat</meta>
  <meta name="subject">variable-stars</meta>

  <table id="i_355_gaiadr3" onDisk="True" adql="True" primary="Source">
    <meta name="description">"I/355/gaiadr3": positions and mean magnitudes</meta>
    <column name="Source" type="bigint" ucd="meta.id;meta.main" required="True" description="Source identifier"/>
    <column name="RA_ICRS" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main" description="Right ascension"/>
    <column name="DE_ICRS" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main" description="Declination"/>
    <column name="Plx" type="double precision" unit="mas" ucd="pos.parallax.trig" description="Parallax"/>
    <column name="e_Plx" type="real" unit="mas" ucd="stat.error;pos.parallax.trig" description="Error of the parallax"/>
    <column name="Gmag" type="real" unit="mag" ucd="phot.mag;em.opt" description="Mean G magnitude"/>
    <column name="BPmag" type="real" unit="mag" ucd="phot.mag;em.opt.B" description="Mean BP magnitude"/>
    <column name="RPmag" type="real" unit="mag" ucd="phot.mag;em.opt.R" description="Mean RP magnitude"/>
  </table>
  <table id="i_358_vrrlyr" onDisk="True" adql="True" primary="Source">
    <meta name="description">"I/358/vrrlyr": RR Lyrae stars and their Fourier parameters</meta>
    <column name="Source" type="bigint" ucd="meta.id;meta.main" required="True" description="Source identifier"/>
    <column name="RA_ICRS" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main" description="Right ascension"/>
    <column name="DE_ICRS" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main" description="Declination"/>
    <column name="PF" type="double precision" unit="d" ucd="time.period" description="Period of the fundamental mode"/>
    <column name="e_PF" type="real" unit="d" ucd="stat.error;time.period" description="Error of PF"/>
    <column name="P1O" type="double precision" unit="d" ucd="time.period" description="Period of the first overtone"/>
    <column name="e_P1O" type="real" unit="d" ucd="stat.error;time.period" description="Error of P1O"/>
    <column name="phi21G" type="real" unit="rad" ucd="stat.fourier" description="phi2 - 2 phi1 in G"/>
    <column name="e_phi21G" type="real" unit="rad" ucd="stat.error;stat.fourier" description="Error of phi21G"/>
    <column name="phi31G" type="real" unit="rad" ucd="stat.fourier" description="phi3 - 3 phi1 in G"/>
    <column name="e_phi31G" type="real" unit="rad" ucd="stat.error;stat.fourier" description="Error of phi31G"/>
    <column name="Class" type="text" ucd="meta.code.class" description="RRab, RRc or RRd"/>
  </table>
  <table id="i_355_epphot" onDisk="True" adql="True">
    <meta name="description">"I/355/epphot": light curves, one row a transit</meta>
    <index columns="Source"/>
    <column name="Source" type="bigint" ucd="meta.id;meta.main" required="True" description="Source identifier"/>
    <column name="TransitID" type="bigint" ucd="meta.id" description="Transit identifier"><values nullLiteral="-1"/></column>
    <column name="TimeG" type="double precision" unit="d" ucd="time.epoch" description="BJD(TCB) - 2455197.5 of the G observation"/>
    <column name="FG" type="double precision" unit="s**-1" ucd="phot.flux;em.opt" description="G flux"/>
    <column name="e_FG" type="double precision" unit="s**-1" ucd="stat.error;phot.flux" description="Error of FG"/>
    <column name="Gmag" type="double precision" unit="mag" ucd="phot.mag;em.opt" description="G magnitude"/>
    <column name="TimeBP" type="double precision" unit="d" ucd="time.epoch" description="BJD(TCB) - 2455197.5 of the BP observation"/>
    <column name="FBP" type="double precision" unit="s**-1" ucd="phot.flux;em.opt.B" description="BP flux"/>
    <column name="e_FBP" type="double precision" unit="s**-1" ucd="stat.error;phot.flux" description="Error of FBP"/>
    <column name="BPmag" type="double precision" unit="mag" ucd="phot.mag;em.opt.B" description="BP magnitude"/>
    <column name="TimeRP" type="double precision" unit="d" ucd="time.epoch" description="BJD(TCB) - 2455197.5 of the RP observation"/>
    <column name="FRP" type="double precision" unit="s**-1" ucd="phot.flux;em.opt.R" description="RP flux"/>
    <column name="e_FRP" type="double precision" unit="s**-1" ucd="stat.error;phot.flux" description="Error of FRP"/>
    <column name="RPmag" type="double precision" unit="mag" ucd="phot.mag;em.opt.R" description="RP magnitude"/>
    <column name="noisyFlag" type="smallint" ucd="meta.code" description="1: noisy transit"><values nullLiteral="-1"/></column>
  </table>
  <table id="j_apj_920_33_spectra" onDisk="True" adql="True" primary="recno">
    <meta name="description">"J/ApJ/920/33/spectra": measurements with high-resolution spectra</meta>
    <column name="recno" type="integer" ucd="meta.record" required="True" description="Number of the record"/>
    <column name="Name" type="text" ucd="meta.id" description="Name of the star"/>
    <column name="ASAS" type="text" ucd="meta.id;meta.main" description="ASAS identifier"/>
    <column name="GaiaDR2" type="bigint" ucd="meta.id" description="Gaia DR2 identifier"><values nullLiteral="-1"/></column>
    <column name="RAJ2000" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main" description="Right ascension"/>
    <column name="DEJ2000" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main" description="Declination"/>
    <column name="VarType" type="text" ucd="meta.code.class" description="Type"/>
    <column name="Per" type="double precision" unit="d" ucd="time.period" description="Period"/>
    <column name="Ref" type="text" ucd="meta.bib" description="Source of the measurement"/>
    <column name="Inst" type="text" ucd="meta.id;instr" description="Instrument"/>
    <column name="quoted/[Fe/H]" type="double precision" ucd="phys.abund.Fe" description="Iron abundance"/>
    <column name="quoted/e_[Fe/H]" type="double precision" ucd="stat.error;phys.abund.Fe" description="Its error"/>
    <column name="Shift" type="double precision" ucd="arith.diff" description="To be added to [Fe/H]"/>
    <column name="Keep" type="double precision" ucd="meta.code" description="0: left out by the authors"/>
  </table>

  <data id="create">
    <make table="i_355_gaiadr3"/>
    <make table="i_358_vrrlyr"/>
    <make table="i_355_epphot"/>
    <make table="j_apj_920_33_spectra"><rowmaker/></make>
  </data>
</resource>
