<!-- ASAS: stars and light curves under text identifiers, one row an observation. -->
<resource schema="asas" resdir=".">
  <meta name="title">ASAS tables of the tests</meta>
  <meta name="creationDate">2026-11-22T00:00:00Z</meta>
  <meta name="description">I-band light curves of RR Lyrae stars from ASAS</meta>
  <meta name="creator">rrcat</meta>
  <meta name="subject">variable-stars</meta>

  <table id="stars" onDisk="True" adql="True" primary="asas_id">
    <meta name="description">One row a star; period and type where the literature has them</meta>
    <column name="asas_id" type="text" ucd="meta.id;meta.main" required="True" description="ASAS identifier"/>
    <column name="ra" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main" description="Right ascension"/>
    <column name="dec" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main" description="Declination"/>
    <column name="period" type="double precision" unit="d" ucd="time.period" description="Period"/>
    <column name="variable_type" type="text" ucd="meta.code.class" description="Type as published"/>
  </table>
  <table id="light_curves" onDisk="True" adql="True">
    <meta name="description">One row an observation</meta>
    <index columns="asas_id"/>
    <column name="asas_id" type="text" ucd="meta.id;meta.main" required="True" description="ASAS identifier"/>
    <column name="obs_time" type="double precision" unit="d" ucd="time.epoch" description="HJD - 2450000"/>
    <column name="mag" type="double precision" unit="mag" ucd="phot.mag;em.opt.I" description="I magnitude"/>
    <column name="mag_error" type="double precision" unit="mag" ucd="stat.error;phot.mag" description="Error of mag"/>
  </table>

  <data id="create">
    <make table="stars"/>
    <make table="light_curves"/>
  </data>
</resource>
